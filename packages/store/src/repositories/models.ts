import type { ModelSummary } from '@corescore/contracts';
import { v7 } from 'uuid';
import type { Database } from '../postgres/database.js';
import type { Models } from '../types.js';
import {
  cursorId,
  iso,
  json,
  jsonAsSent,
  NOW,
  toPage,
  toStoredVersion,
  toVersionView,
  VERSION_COLUMNS,
  type VersionRow,
} from './rows.js';
import { viewRuns } from './run-views.js';

const RUNS_OF_A_MODEL = 200;
const VERSIONS_OF_A_MODEL = 200;
/** Of the manifests in one answer; the newest is shown whatever its size. */
const MANIFEST_BYTES = 8 * 1024 * 1024;
const VERSIONS = 'FROM model_versions v JOIN models m ON m.id = v.model_id';

interface SummaryRow {
  id: string;
  owner: string;
  name: string;
  created_at: Date;
  kind: string;
  description: string | null;
  latest_digest: string;
  versions: number;
}

const toSummary = (row: SummaryRow): ModelSummary => ({
  owner: row.owner,
  name: row.name,
  kind: row.kind,
  description: row.description,
  latestDigest: row.latest_digest,
  versions: row.versions,
  createdAt: iso(row.created_at),
});

export function createModels(database: Database): Models {
  return {
    async createVersion(version) {
      const { owner, name, digest, manifest, files } = version;
      return database.transaction(async (sql) => {
        const clock = database.clock();
        await sql.query(`INSERT INTO users (name, created_at) VALUES ($2, ${NOW}) ON CONFLICT DO NOTHING`, [
          clock,
          owner,
        ]);
        // The update changes nothing; it makes the row come back, and locks it against a second upload of this model.
        const [model] = await sql.query<{ id: string }>(
          `INSERT INTO models (id, owner, name, created_at) VALUES ($2, $3, $4, ${NOW})
           ON CONFLICT (owner, name) DO UPDATE SET name = excluded.name RETURNING id`,
          [clock, v7(), owner, name],
        );
        const created = await sql.query(
          `INSERT INTO model_versions (id, model_id, digest, kind, description, manifest, temporal, parameters,
             semantic_digest, stimulus_set_digest, files, token_id, created_at)
           VALUES ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, ${NOW})
           ON CONFLICT (model_id, digest) DO NOTHING RETURNING id`,
          [
            clock,
            v7(),
            model!.id,
            digest,
            manifest.kind,
            manifest.description ?? null,
            jsonAsSent(manifest),
            version.temporal,
            version.parameters,
            version.semanticDigest,
            version.stimulusSetDigest ?? null,
            json(files),
            version.tokenId ?? null,
          ],
        );
        const [row] = await sql.query<VersionRow>(
          `SELECT ${VERSION_COLUMNS} ${VERSIONS} WHERE v.model_id = $1 AND v.digest = $2`,
          [model!.id, digest],
        );
        return { version: toVersionView(row!), created: created.length > 0 };
      });
    },

    async version(digest, preferOwner) {
      const [row] = await database.query<VersionRow>(
        `SELECT ${VERSION_COLUMNS} ${VERSIONS} WHERE v.digest = $1
         ORDER BY m.owner IS NOT DISTINCT FROM $2 DESC, v.id LIMIT 1`,
        [digest, preferOwner ?? null],
      );
      return row === undefined ? null : toStoredVersion(row);
    },

    async view(owner, name) {
      const versions = await database.query<VersionRow>(
        `SELECT ${VERSION_COLUMNS} FROM (
           SELECT v.*, row_number() OVER newest AS place, sum(octet_length(v.manifest::text)) OVER newest AS bytes
           ${VERSIONS} WHERE m.owner = $1 AND m.name = $2 WINDOW newest AS (ORDER BY v.id DESC)
         ) v JOIN models m ON m.id = v.model_id
         WHERE v.place = 1 OR (v.place <= ${VERSIONS_OF_A_MODEL} AND v.bytes <= ${MANIFEST_BYTES}) ORDER BY v.id DESC`,
        [owner, name],
      );
      if (versions.length === 0) return null;
      const runs = await viewRuns(database, 'WHERE m.owner = $1 AND m.name = $2 ORDER BY r.id DESC LIMIT $3', [
        owner,
        name,
        RUNS_OF_A_MODEL,
      ]);
      return { owner, name, versions: versions.map(toVersionView), runs };
    },

    async list({ limit, cursor }) {
      const rows = await database.query<SummaryRow>(
        `SELECT m.id, m.owner, m.name, m.created_at, latest.kind, latest.description, latest.digest AS latest_digest,
           (SELECT count(*)::int FROM model_versions WHERE model_id = m.id) AS versions
         FROM models m CROSS JOIN LATERAL
           (SELECT kind, description, digest FROM model_versions WHERE model_id = m.id ORDER BY id DESC LIMIT 1) latest
         WHERE $1::uuid IS NULL OR m.id < $1 ORDER BY m.id DESC LIMIT $2`,
        [cursorId(cursor), limit + 1],
      );
      return toPage(rows, limit, rows.map(toSummary));
    },
  };
}

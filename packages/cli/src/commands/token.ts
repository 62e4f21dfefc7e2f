import { SCOPES, type Scope, type TokenView } from '@corescore/contracts';
import { type Command, Option } from 'commander';
import { connect } from '../context.js';
import { table } from '../format/table.js';
import type { Io } from '../io.js';
import { collect, formatOption, number, urlOption } from '../options.js';

/** `admin` tokens only; the local token is one. */
export function tokenCommand(program: Command, io: Io): void {
  const token = program.command('token').description('create, list and revoke tokens (needs the scope admin)');
  createCommand(token, io);
  listCommand(token, io);
  revokeCommand(token, io);
}

function createCommand(token: Command, io: Io): void {
  token
    .command('create')
    .description('create a token; its secret is printed once')
    .requiredOption('--name <text>', 'what it is for, such as "ci of the lab"')
    .option('--owner <name>', 'owner of the models that it may submit', 'local')
    .addOption(
      new Option('--scope <scope>', `${SCOPES.join(', ')}; may be given several times (default: submit)`).argParser(
        collect,
      ),
    )
    .addOption(
      new Option('--expires-days <days>', 'days from now after which it is refused (default: never)').argParser(
        number({ min: 1, max: 3650, integer: true }),
      ),
    )
    .addOption(formatOption('human', 'json'))
    .addOption(urlOption())
    .addHelpText(
      'after',
      '\nThe secret goes to standard output: export CORESCORE_TOKEN=$(corescore token create --name ci)',
    )
    .action(async (flags: CreateFlags) => {
      // The service checks the scopes: one list, one message.
      const scopes = (flags.scope ?? ['submit']) as Scope[];
      const { name, owner, expiresDays } = flags;
      const expires = expiresDays === undefined ? {} : { expiresAt: daysFromNow(expiresDays) };
      const created = await connect(io, flags).createToken({ name, owner, scopes, ...expires });
      if (flags.format === 'json') {
        io.stdout(`${JSON.stringify({ ...created.token, secret: created.secret }, null, 2)}\n`);
        return;
      }
      io.stderr(
        `Token ${created.token.id} of ${owner} (${scopes.join(', ')}), ${until(created.token)}. Keep the secret; it is not shown again:\n`,
      );
      io.stdout(`${created.secret}\n`);
    });
}

function listCommand(token: Command, io: Io): void {
  token
    .command('list')
    .description('list all tokens, without their secrets')
    .addOption(formatOption('human', 'json'))
    .addOption(urlOption())
    .action(async (flags: { format: string; url?: string }) => {
      const tokens = await connect(io, flags).listTokens();
      if (flags.format === 'json') {
        io.stdout(`${JSON.stringify(tokens, null, 2)}\n`);
        return;
      }
      const rows = tokens.map((t) => [
        t.id,
        t.name,
        t.owner,
        t.scopes.join(', '),
        day(t.createdAt),
        t.expiresAt === null ? 'never' : isOver(t) ? `expired ${day(t.expiresAt)}` : day(t.expiresAt),
        t.lastUsedAt === null ? 'never' : day(t.lastUsedAt),
        t.revokedAt === null ? '' : day(t.revokedAt),
      ]);
      const titles = ['id', 'name', 'owner', 'scopes', 'created', 'expires', 'last used', 'revoked'];
      io.stderr(
        table(
          titles.map((title) => ({ title })),
          rows,
        ),
      );
    });
}

function revokeCommand(token: Command, io: Io): void {
  token
    .command('revoke')
    .description('revoke a token, for good')
    .argument('<id>', 'its id, from `corescore token list`')
    .addOption(formatOption('human', 'json'))
    .addOption(urlOption())
    .action(async (id: string, flags: { format: string; url?: string }) => {
      const revoked = await connect(io, flags).revokeToken(id);
      if (flags.format === 'json') io.stdout(`${JSON.stringify(revoked, null, 2)}\n`);
      else io.stderr(`Token ${revoked.id} (${revoked.name}) is revoked.\n`);
    });
}

interface CreateFlags {
  name: string;
  owner: string;
  scope?: string[];
  expiresDays?: number;
  format: string;
  url?: string;
}

const day = (timestamp: string): string => timestamp.slice(0, 10);
const daysFromNow = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
const isOver = (token: TokenView): boolean => token.expiresAt !== null && Date.parse(token.expiresAt) <= Date.now();
const until = (token: TokenView): string =>
  token.expiresAt === null ? 'valid until it is revoked' : `valid until ${token.expiresAt}`;

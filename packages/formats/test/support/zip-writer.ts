import { crc32, deflateRawSync } from 'node:zlib';

/** A member and the lies that are to be told of it. */
export interface Member {
  name: string;
  bytes: Uint8Array;
  deflate?: boolean;
  encrypted?: boolean;
  /** Compression method to declare; default: the true one. */
  method?: number;
  /** Unpacked size to declare. */
  declaredBytes?: number;
  crc?: number;
  /** Sizes and offset in a ZIP64 extra field, as for a member over 4 GiB. */
  zip64?: boolean;
}

const IN_EXTRA = 0xffffffff;

/** A zip archive, names written as they are given: hostile ones too. A pair is a stored (uncompressed) member. */
export function zip(files: readonly (Member | readonly [name: string, bytes: Uint8Array])[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const member: Member = 'name' in file ? file : { name: file[0], bytes: file[1] };
    const name = Buffer.from(member.name);
    const packed = member.deflate === true ? deflateRawSync(member.bytes) : Buffer.from(member.bytes);
    const size = member.declaredBytes ?? member.bytes.length;
    const big = member.zip64 === true;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version needed
    common.writeUInt16LE(member.encrypted === true ? 1 : 0, 2);
    common.writeUInt16LE(member.method ?? (member.deflate === true ? 8 : 0), 4);
    common.writeUInt32LE(member.crc ?? crc32(member.bytes), 10);
    common.writeUInt32LE(big ? IN_EXTRA : packed.length, 14);
    common.writeUInt32LE(big ? IN_EXTRA : size, 18);
    common.writeUInt16LE(name.length, 22);
    const extra = Buffer.alloc(big ? 28 : 0);
    if (big) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      extra.writeBigUInt64LE(BigInt(size), 4);
      extra.writeBigUInt64LE(BigInt(packed.length), 12);
      extra.writeBigUInt64LE(BigInt(offset), 20);
    }
    const header = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, packed]);
    const tail = Buffer.alloc(14); // comment length, disk, attributes, offset
    tail.writeUInt32LE(big ? IN_EXTRA : offset, 10);
    common.writeUInt16LE(extra.length, 24);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, tail, name, extra]));
    local.push(header);
    offset += header.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}

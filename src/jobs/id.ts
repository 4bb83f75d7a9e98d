/**
 * Job ids: `job_`, 10 characters of time (epoch ms), 16 random ones, 2 of shard; lower-case Crockford base32.
 * They sort by submission time, are unguessable (80 random bits), and say which object owns the job.
 * They carry no authority: the tenant comes from verified credentials only.
 */

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME_CHARS = 10;
const SHARD_CHARS = 2;
const FORM = /^job_[0-9a-hjkmnp-tv-z]{28}$/;
/** Largest time that 10 characters hold, in epoch ms. */
const MAX_TIME = 32 ** TIME_CHARS - 1;

/** Random characters that {@link jobNumber} takes: with the time they fill SQLite's 63 bits, until the year 2248. */
const NUMBER_CHARS = 4;
const MAX_NUMBER = 2n ** 63n - 1n;

/** Random bytes that one id takes. */
export const ID_ENTROPY_BYTES = 10;
export const MAX_SHARDS = 32 ** SHARD_CHARS;

export interface JobIdParts {
  /** Epoch ms. */
  time: number;
  shard: number;
}

function encodeNumber(value: number, chars: number): string {
  let text = "";
  for (let rest = value, i = 0; i < chars; i++) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

const decodeNumber = (text: string): number =>
  [...text].reduce((value, char) => value * 32 + ALPHABET.indexOf(char), 0);

/** Five bits a character, the lowest first. */
function encodeBytes(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes.toReversed()) {
    bits |= byte << held;
    for (held += 8; held >= 5; held -= 5) {
      text += ALPHABET.charAt(bits & 31);
      bits >>= 5;
    }
  }
  return text;
}

/**
 * @param now epoch ms, from the registry's clock
 * @param entropy {@link ID_ENTROPY_BYTES} random bytes
 * @param shard 0 to {@link MAX_SHARDS} - 1
 */
export function newJobId(now: number, entropy: Uint8Array, shard: number): string {
  if (entropy.length !== ID_ENTROPY_BYTES) throw new RangeError(`a job id takes ${ID_ENTROPY_BYTES} random bytes`);
  if (!Number.isInteger(shard) || shard < 0 || shard >= MAX_SHARDS) throw new RangeError(`no shard ${shard}`);
  return `job_${encodeNumber(now, TIME_CHARS)}${encodeBytes(entropy)}${encodeNumber(shard, SHARD_CHARS)}`;
}

/** The parts of a well-formed id; undefined for any other text. */
export function parseJobId(text: string): JobIdParts | undefined {
  if (!FORM.test(text)) return undefined;
  return { time: decodeNumber(text.slice(4, 4 + TIME_CHARS)), shard: decodeNumber(text.slice(-SHARD_CHARS)) };
}

/** The smallest id that a job submitted at `time` (epoch ms) or later can have: a bound for key ranges. */
export function jobIdFloor(time: number): string {
  const bounded = Math.min(Math.max(Math.trunc(time), 0), MAX_TIME);
  return `job_${encodeNumber(bounded, TIME_CHARS)}`;
}

/**
 * Where the job stands among all jobs of its shard, in 63 bits: the time and the first random characters. In the order of
 * the ids; a bound of {@link jobIdFloor} has that of the first id that can be above it.
 */
export function jobNumber(idOrFloor: string): bigint {
  const end = 4 + TIME_CHARS;
  const time = decodeNumber(idOrFloor.slice(4, end));
  const entropy = decodeNumber(idOrFloor.slice(end, end + NUMBER_CHARS));
  const number = BigInt(time) * BigInt(32 ** NUMBER_CHARS) + BigInt(entropy);
  return number < MAX_NUMBER ? number : MAX_NUMBER;
}

// The start of a trajectory: the very numbers that `puzzlesolver` draws for a seed and a puzzle.
// BLAKE2b (RFC 7693) makes one seed of both, MT19937 (Matsumoto and Nishimura 1998) uniform
// numbers of it, and the transform of Box and Muller, in PyTorch's order, normal ones of these.

const IV = [
  0x6a09e667f3bcc908n, 0xbb67ae8584caa73bn, 0x3c6ef372fe94f82bn, 0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n, 0x9b05688c2b3e6c1fn, 0x1f83d9abfb41bd6bn, 0x5be0cd19137e2179n,
];
const SIGMA = [
  "0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8",
  "905724afe1bc683d", "2c6a0b834d75fe19", "c51fed4a0763928b", "db7ec13950f4862a",
  "6fe9b308c2d714a5", "a2847615fb9e3cd0", "0123456789abcdef", "ea489fd61c02b753",
].map((row) => Array.from(row, (digit) => parseInt(digit, 16)));
const MIXED = [
  [0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15],
  [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14],
];
const BLOCK = 128;
const word = (value) => BigInt.asUintN(64, value);
const turn = (value, bits) => word((value >> bits) | (value << (64n - bits)));

// The first 8 bytes of BLAKE2b with a digest of 8 bytes, as a little-endian number.
export function blake2b(bytes) {
  const h = [...IV];
  h[0] ^= 0x01010008n;
  const blocks = Math.max(1, Math.ceil(bytes.length / BLOCK));
  const padded = new DataView(new ArrayBuffer(blocks * BLOCK));
  bytes.forEach((byte, index) => padded.setUint8(index, byte));
  for (let block = 1; block <= blocks; block++) {
    const at = (k) => padded.getBigUint64((block - 1) * BLOCK + 8 * k, true);
    const v = [...h, ...IV];
    v[12] ^= BigInt(Math.min(block * BLOCK, bytes.length));
    if (block === blocks) v[14] = word(~v[14]);
    for (const order of SIGMA) {
      MIXED.forEach(([a, b, c, d], pair) => {
        v[a] = word(v[a] + v[b] + at(order[2 * pair]));
        v[d] = turn(v[d] ^ v[a], 32n);
        v[c] = word(v[c] + v[d]);
        v[b] = turn(v[b] ^ v[c], 24n);
        v[a] = word(v[a] + v[b] + at(order[2 * pair + 1]));
        v[d] = turn(v[d] ^ v[a], 16n);
        v[c] = word(v[c] + v[d]);
        v[b] = turn(v[b] ^ v[c], 63n);
      });
    }
    h.forEach((_, k) => (h[k] ^= v[k] ^ v[k + 8]));
  }
  return h[0];
}

// A function of the policy's seed, the number of the restart and the givens, as `seed_of`; of its
// 63 bits the generator takes 32.
export function seedOf(seed, restart, givens) {
  const start = new TextEncoder().encode(`${seed}/${restart}/`);
  const digest = new DataView(new ArrayBuffer(8));
  digest.setBigUint64(0, blake2b([...start, ...givens]), true);
  return Number(BigInt.asUintN(32, digest.getBigUint64(0) >> 1n));
}

// `torch.randn(size, generator=torch.Generator().manual_seed(seed))` for 16 numbers or more.
export function randn(size, seed) {
  const next = mersenneTwister(seed);
  const uniform = () => (next() & 0xffffff) / 2 ** 24;
  const drawn = Float32Array.from({ length: size }, uniform);
  for (let start = 0; start + 16 <= size; start += 16) normal(drawn.subarray(start, start + 16));
  if (size % 16) {
    const last = drawn.subarray(size - 16);
    normal(last.map(uniform)).forEach((value, index) => (last[index] = value));
  }
  return drawn;
}

// Sixteen uniform numbers become normal ones, in place: eight radii and eight angles.
function normal(numbers) {
  for (let k = 0; k < 8; k++) {
    const radius = Math.sqrt(-2 * Math.log(1 - numbers[k]));
    const angle = 2 * Math.PI * numbers[k + 8];
    numbers[k] = radius * Math.cos(angle);
    numbers[k + 8] = radius * Math.sin(angle);
  }
  return numbers;
}

function mersenneTwister(seed) {
  const [N, M] = [624, 397];
  const words = new Uint32Array(N);
  words[0] = seed;
  for (let k = 1; k < N; k++) {
    words[k] = Math.imul(1812433253, words[k - 1] ^ (words[k - 1] >>> 30)) + k;
  }
  let index = N;
  return () => {
    if (index === N) {
      for (let k = 0; k < N; k++) {
        const mixed = (words[k] & 0x80000000) | (words[(k + 1) % N] & 0x7fffffff);
        words[k] = words[(k + M) % N] ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
      }
      index = 0;
    }
    let value = words[index++];
    value ^= value >>> 11;
    value ^= (value << 7) & 0x9d2c5680;
    value ^= (value << 15) & 0xefc60000;
    return (value ^ (value >>> 18)) >>> 0;
  };
}

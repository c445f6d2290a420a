//! Small changes of inputs for the tests, which are the same at every run.

use fastrand::Rng;

/// The most bytes of a changed input.
const MAX_BYTES: usize = 8 * 1024;

/// Numbers at which programs change their ways.
const EDGES: [u8; 12] = [
    0, 1, 2, 0x0a, 0x20, 0x3d, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0xff,
];

/// Changes an input in one to five places. `other` is another input of the target, from which a
/// part may be taken over.
pub fn change(input: &[u8], other: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..random.usize(1..=5) {
        let at = random.usize(0..=bytes.len());
        let end = at + random.usize(0..=(bytes.len() - at).min(16));
        match random.u8(0..7) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.insert(at, random.u8(..)),
            2 => bytes.insert(at, EDGES[random.usize(..EDGES.len())]),
            3 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.u8(0..8);
                }
            }
            4 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = EDGES[random.usize(..EDGES.len())];
                }
            }
            5 => {
                let twice = bytes[at..end].to_vec();
                bytes.splice(at..at, twice);
            }
            _ => {
                let from = random.usize(0..=other.len());
                let to = from + random.usize(0..=(other.len() - from).min(64));
                bytes.splice(at..end, other[from..to].iter().copied());
            }
        }
    }
    bytes.truncate(MAX_BYTES);
    bytes
}

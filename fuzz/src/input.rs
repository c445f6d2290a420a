//! Reads decisions and texts from the bytes of a target.

/// The bytes that are left.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a>(pub(crate) &'a [u8]);

impl<'a> Input<'a> {
    /// The next byte; `None` at the end.
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// The next bytes, with their number in front of them: two bytes, the low one first. Fewer at
    /// the end.
    pub(crate) fn bytes(&mut self) -> &'a [u8] {
        let low = self.byte().unwrap_or_default();
        let high = self.byte().unwrap_or_default();
        let count = usize::from(u16::from_le_bytes([low, high])).min(self.0.len());
        let (bytes, rest) = self.0.split_at(count);
        self.0 = rest;
        bytes
    }

    /// The bytes up to the next zero, which is dropped; all of them if there is none.
    pub(crate) fn up_to_zero(&mut self) -> &'a [u8] {
        let zero = self.0.iter().position(|&byte| byte == 0);
        let (bytes, rest) = self.0.split_at(zero.unwrap_or(self.0.len()));
        self.0 = rest.get(1..).unwrap_or_default();
        bytes
    }
}

//! A colour as style sheets write it.

/// `#rrggbb`.
pub(crate) fn css_color(color: [u8; 3]) -> String {
    let mut css = String::from("#");
    for byte in color {
        for digit in [byte >> 4, byte & 15] {
            css.extend(char::from_digit(digit.into(), 16));
        }
    }
    css
}

#[cfg(test)]
mod tests {
    use super::css_color;

    #[test]
    fn every_byte_has_two_digits() {
        assert_eq!(css_color([0xff, 0x0c, 0]), "#ff0c00");
    }
}

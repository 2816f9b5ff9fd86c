//! A QR code as the path of an SVG: drawn by attributes alone, which the content security policy lets through.

use qrcode::{Color, EcLevel, QrCode};

/// A QR code, in modules.
#[derive(Clone, Debug)]
pub struct Qr {
    /// Of each side, with the quiet zone of four modules that readers need (ISO/IEC 18004).
    pub size: usize,
    /// The dark modules, as the `d` of a path.
    pub path: String,
}

const QUIET: usize = 4;

/// The QR code of a text; `None` for one that is too long for any.
pub fn of(text: &str) -> Option<Qr> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        // A run of dark modules is one rectangle.
        for run in row.chunk_by(|one, next| one == next) {
            if run[0] == Color::Dark {
                path.push_str(&format!("M{} {}h{}v1h-{}z", x + QUIET, y + QUIET, run.len(), run.len()));
            }
            x += run.len();
        }
    }
    Some(Qr { size: width + 2 * QUIET, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corner_is_a_finder_pattern_within_its_quiet_zone() {
        let qr = of("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ").unwrap();
        assert!(qr.path.starts_with("M4 4h7v1h-7z"), "{}", qr.path);
        assert_eq!((qr.size - 2 * QUIET - 17) % 4, 0, "a width that a QR code has: {}", qr.size);
        assert!(of(&"x".repeat(5000)).is_none());
    }
}

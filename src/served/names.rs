//! Whether a name of a certificate stands for a host (RFC 9525, 6.3).

/// Whether a client would take `name`, an alternative name of a certificate, for `host`: the very name, or a wildcard
/// for its first label and no more. Both are A-labels; what is not ASCII stands for nothing, as browsers have it.
pub fn covers(name: &str, host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    if !name.is_ascii() || host.is_empty() || host.contains('*') {
        return false;
    }
    match name.split_once('.') {
        // The rest has two labels at least: nobody can have a certificate for everything below `com`.
        Some(("*", rest)) => rest.contains('.') && below(host).is_some_and(|parent| parent.eq_ignore_ascii_case(rest)),
        _ => !name.contains('*') && name.eq_ignore_ascii_case(host),
    }
}

/// What is behind the first label.
fn below(host: &str) -> Option<&str> {
    host.split_once('.').filter(|(first, _)| !first.is_empty()).map(|(_, parent)| parent)
}

//! Getting hold of the secret key: given, read from its file, or made there on the first start.

use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::SecretKeyConfig;
use crate::secret::{Secret, random_token};

/// Below this many characters a key could be guessed.
const MIN_LENGTH: usize = 32;

impl SecretKeyConfig {
    /// Whether the key can be had: what the configuration is checked for before anything is made.
    ///
    /// # Errors
    /// As of [`Self::obtain`]; a file that is not there yet and may be made is none.
    pub fn check(&self) -> io::Result<()> {
        match self {
            Self::File { path, make: true } if !Path::new(path).exists() => Ok(()),
            _ => self.obtain().map(|_| ()),
        }
    }

    /// The key itself.
    ///
    /// # Errors
    /// The file cannot be read or made, or what it holds is too short; the text names the file.
    pub fn obtain(&self) -> io::Result<Secret> {
        self.read(true)
    }

    /// The key itself if it is there already; none is made.
    ///
    /// # Errors
    /// As [`SecretKeyConfig::obtain`], but for a file that is still to be made.
    pub fn present(&self) -> io::Result<Option<Secret>> {
        match (self, self.read(false)) {
            (Self::File { make: true, .. }, Err(error)) if error.kind() == ErrorKind::NotFound => Ok(None),
            (_, outcome) => outcome.map(Some),
        }
    }

    fn read(&self, may_make: bool) -> io::Result<Secret> {
        let (text, origin) = match self {
            Self::Given(secret) => {
                use secrecy::ExposeSecret;
                (secret.expose_secret().to_owned(), "the variable".to_owned())
            }
            Self::File { path, make } => (read_or_make(Path::new(path), *make && may_make)?, path.clone()),
        };
        let text = text.trim();
        if text.len() < MIN_LENGTH {
            let what = format!("{origin}: a secret key has {MIN_LENGTH} characters at least");
            return Err(io::Error::new(ErrorKind::InvalidData, what));
        }
        Ok(Secret::from(text.to_owned()))
    }
}

fn read_or_make(path: &Path, make: bool) -> io::Result<String> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("the key file {}: {error}", path.display()));
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound && make => {}
        other => return other.map_err(named),
    }
    let key = format!("{}{}\n", random_token(), random_token());
    // `create_new`: of two starts at once one makes the key, and the other reads it.
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            file.write_all(key.as_bytes()).and_then(|()| file.sync_all()).map_err(named)?;
            tracing::info!(path = %path.display(), "made the secret key");
            Ok(key)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => std::fs::read_to_string(path).map_err(named),
        Err(error) => Err(named(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn the_key_of_the_first_start_is_the_key_of_the_second() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("quarterdeck.key");
        let config = SecretKeyConfig::File { path: path.display().to_string(), make: true };
        assert!(config.present().unwrap().is_none() && !path.exists(), "a look makes nothing");
        let first = config.obtain().unwrap();
        assert_eq!(config.obtain().unwrap().expose_secret(), first.expose_secret());
        assert_eq!(config.present().unwrap().unwrap().expose_secret(), first.expose_secret());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_has_to_be_given_is_not_made() {
        let config = SecretKeyConfig::File { path: "/nowhere/at/all.key".to_owned(), make: false };
        assert!(config.obtain().unwrap_err().to_string().contains("/nowhere/at/all.key"));
        assert!(SecretKeyConfig::Given("short".into()).obtain().is_err());
    }
}

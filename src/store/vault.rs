//! The vault: what makes sealed values readable. It is opened once, at the start, by the secret key, which is not in
//! the database.
//!
//! One row says which key seals (by an id that tells nothing about it), and holds the key of the digests, sealed. A
//! start with another key refuses: it would otherwise keep values that no process could ever open together. A process
//! whose key was rotated away under it refuses to write.
//!
//! When the key is lost, the row is of no use to anybody, and it goes together with all that is sealed. The next start
//! makes it anew, with another key of the digests: every digest differs from then on, so that the next listing brings
//! all values again.

use diesel::prelude::*;

use super::schema::vault;
use super::sql::Sql;
use super::{AnyConnection, Db, StoreError, gate, second_factors, secret_values};
use crate::clock::Instant;
use crate::secret::{Digest, Remembered, SealingKey, Secret, random_bytes};

/// For what the key of the digests is sealed.
const DIGEST_KEY: &str = "the key of the digests";

/// An open vault. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Vault {
    key: SealingKey,
    digest: Digest,
}

/// The secret key is another one than the database was sealed with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the secret key is not the one that this database is sealed with: its id is {given}, and the database asks for {wanted}; give \
     the former key back (secret_key_file, secret_key_env) and rotate to the new one with `quarterdeck key rotate`, or, where it is \
     lost, see what `quarterdeck key forget` would lose"
)]
pub struct WrongKey {
    pub wanted: String,
    pub given: String,
}

/// What lies sealed, and with which key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    pub key_id: String,
    pub values: i64,
    /// Whose values they are.
    pub resources: i64,
    /// Of people who have confirmed theirs.
    pub second_factors: i64,
}

#[derive(Debug, Queryable)]
struct VaultRow {
    key_id: String,
    digest_key: String,
}

impl Vault {
    /// The id of the key that seals here.
    pub fn key_id(&self) -> &str {
        self.key.id()
    }

    /// Makes keyed hashes; they stay the same when the secret key is another one.
    pub(super) fn digest(&self) -> &Digest {
        &self.digest
    }

    /// A value sealed for `place`.
    pub(super) fn seal(&self, place: &str, bytes: &[u8]) -> String {
        self.key.seal(place, bytes)
    }

    /// What was sealed for `place`; `None` if it was damaged.
    pub(super) fn open(&self, place: &str, sealed: &str) -> Option<Vec<u8>> {
        self.key.open(place, sealed).ok()
    }

    /// Opens what the row holds.
    fn of(key: SealingKey, row: &VaultRow) -> Result<Self, WrongKey> {
        let wrong = || WrongKey { wanted: row.key_id.clone(), given: key.id().to_owned() };
        if row.key_id != key.id() {
            return Err(wrong());
        }
        let digest_key = key.open(DIGEST_KEY, &row.digest_key).map_err(|_| wrong())?;
        let digest = Digest::new(digest_key.try_into().map_err(|_| wrong())?);
        Ok(Self { key, digest })
    }
}

impl Db {
    /// Opens the vault with the secret key; the first start makes it.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] when the database was sealed with another one.
    pub async fn unlock(&self, secret_key: &Secret) -> Result<(), StoreError> {
        let (key, at) = (SealingKey::of(secret_key), self.clock.now());
        let fresh = key.clone();
        let row = match self.read(read).await? {
            Some(row) => row,
            // Of two first starts at once one makes the row, and both read it.
            None => self.write(move |connection| make(connection, &fresh, at)).await?,
        };
        self.keep_open(Vault::of(key, &row)?);
        Ok(())
    }

    /// Opens the vault if there is one, and writes nothing.
    ///
    /// # Errors
    /// As [`Db::unlock`].
    pub async fn unlock_if_sealed(&self, secret_key: &Secret) -> Result<(), StoreError> {
        if let Some(row) = self.read(read).await? {
            self.keep_open(Vault::of(SealingKey::of(secret_key), &row)?);
        }
        Ok(())
    }

    /// What a collection of that source has to know of secrets. Without an open vault nothing is told apart, and no
    /// value is kept.
    pub async fn remembered(&self, source: &str) -> Result<Remembered, StoreError> {
        let Some(vault) = self.vault().cloned() else { return Ok(Remembered::nothing(Digest::blind())) };
        let (digest, source) = (vault.digest.clone(), source.to_owned());
        let former = self.read(move |connection| secret_values::of_source(connection, &vault, &source)).await?;
        Ok(Remembered { digest, former })
    }

    /// Seals everything anew with another secret key; gives how many values and secrets of second factors. Versions,
    /// digests and times stay as they are.
    ///
    /// # Errors
    /// The vault is not open, or a value cannot be opened: then nothing is changed.
    pub async fn rotate(&self, secret_key: &Secret) -> Result<usize, StoreError> {
        let old = self.vault().cloned().ok_or(StoreError::Locked)?;
        let (new, at) = (SealingKey::of(secret_key), self.clock.now());
        self.write(move |connection| {
            gate::take_turn(connection, gate::Turn::Inventory)?;
            let row = read(connection)?.ok_or(diesel::result::Error::NotFound)?;
            check_key(&row, &old)?;
            let digest_key = old.open(DIGEST_KEY, &row.digest_key).ok_or_else(secret_values::damaged)?;
            let values = secret_values::reseal(connection, &old, &new)?;
            let second_factors = second_factors::reseal(connection, &old, &new)?;
            diesel::update(vault::table.find(1))
                .set((
                    vault::key_id.eq(new.id()),
                    vault::digest_key.eq(new.seal(DIGEST_KEY, &digest_key)),
                    vault::since.eq(at.naive_utc()),
                ))
                .execute(connection)?;
            Ok(values + second_factors)
        })
        .await
    }
}

/// What lies sealed; `None` before the first start has made the vault.
pub fn contents(connection: &mut AnyConnection) -> QueryResult<Option<Contents>> {
    let Some(row) = read(connection)? else { return Ok(None) };
    let (values, resources) = secret_values::count(connection)?;
    let second_factors = second_factors::count(connection)?;
    Ok(Some(Contents { key_id: row.key_id, values, resources, second_factors }))
}

/// Forgets everything that was sealed with the key of that id, and that it was: the next start takes whatever key it is
/// given.
///
/// # Errors
/// [`diesel::result::Error::NotFound`] when it is another key that seals by now; then nothing is forgotten.
pub fn forget(connection: &mut AnyConnection, key_id: &str) -> QueryResult<Contents> {
    gate::take_turn(connection, gate::Turn::Inventory)?;
    let sealed = contents(connection)?.filter(|sealed| sealed.key_id == key_id);
    let sealed = sealed.ok_or(diesel::result::Error::NotFound)?;
    secret_values::forget_all(connection)?;
    second_factors::forget_all(connection)?;
    diesel::delete(vault::table).execute(connection)?;
    Ok(sealed)
}

/// Refuses to go on when the database is no longer sealed with this process's key.
pub(super) fn check(connection: &mut AnyConnection, ours: &Vault) -> QueryResult<()> {
    let row = read(connection)?.ok_or(diesel::result::Error::NotFound)?;
    check_key(&row, ours)
}

fn check_key(row: &VaultRow, ours: &Vault) -> QueryResult<()> {
    if row.key_id == ours.key_id() {
        return Ok(());
    }
    let wrong = WrongKey { wanted: row.key_id.clone(), given: ours.key_id().to_owned() };
    Err(diesel::result::Error::SerializationError(Box::new(wrong)))
}

fn read(connection: &mut AnyConnection) -> QueryResult<Option<VaultRow>> {
    vault::table.find(1).select((vault::key_id, vault::digest_key)).first(connection).optional()
}

fn make(connection: &mut AnyConnection, key: &SealingKey, at: Instant) -> QueryResult<VaultRow> {
    let digest_key = key.seal(DIGEST_KEY, &random_bytes::<32>());
    let mut sql = Sql::new("INSERT INTO vault (id, key_id, digest_key, since) VALUES (1, ");
    sql.bind(key.id()).push(", ").bind(digest_key).push(", ").bind(at).push(") ON CONFLICT (id) DO NOTHING");
    sql.execute(connection)?;
    read(connection)?.ok_or(diesel::result::Error::NotFound)
}

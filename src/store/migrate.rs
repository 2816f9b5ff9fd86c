//! Bringing the database up to date, and refusing one that is ahead of this program.

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{AnyConnection, Backend, Db, StoreError};
use crate::error::NewerDatabase;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Two processes that start at once take turns on this PostgreSQL advisory lock ("quarterd" in ASCII).
const ADVISORY_LOCK: i64 = 0x7175_6172_7465_7264;

impl Db {
    /// Applies what is missing, each migration in its own transaction, and says what it applied.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when the database has a migration that this program does not know; nothing is touched
    /// then.
    pub async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        let db = self.clone();
        tokio::task::spawn_blocking(move || {
            let mut pooled = db.pool.get()?;
            let connection = pooled.inner();
            db.refuse_newer(connection)?;
            lock(connection)?;
            let applied = match connection {
                AnyConnection::Sqlite(inner) => versions(inner.run_pending_migrations(SQLITE)),
                AnyConnection::Postgres(inner) => versions(inner.run_pending_migrations(POSTGRES)),
            };
            unlock(connection)?;
            applied
        })
        .await
        .map_err(|_| StoreError::Cancelled)?
    }

    /// Reverts every migration; for tests that prove the way down.
    pub async fn revert_everything(&self) -> Result<(), StoreError> {
        let db = self.clone();
        tokio::task::spawn_blocking(move || {
            let mut pooled = db.pool.get()?;
            let connection = pooled.inner();
            match connection {
                AnyConnection::Sqlite(inner) => versions(inner.revert_all_migrations(SQLITE)),
                AnyConnection::Postgres(inner) => versions(inner.revert_all_migrations(POSTGRES)),
            }
            .map(|_| ())
        })
        .await
        .map_err(|_| StoreError::Cancelled)?
    }

    /// Whether every migration that this program knows is applied, and none that it does not know.
    pub async fn is_current(&self) -> Result<bool, StoreError> {
        let db = self.clone();
        tokio::task::spawn_blocking(move || {
            let mut pooled = db.pool.get()?;
            let connection = pooled.inner();
            db.refuse_newer(connection)?;
            let pending = match connection {
                AnyConnection::Sqlite(inner) => inner.has_pending_migration(SQLITE),
                AnyConnection::Postgres(inner) => inner.has_pending_migration(POSTGRES),
            };
            pending.map(|pending| !pending).map_err(|error| StoreError::Migration(error.to_string()))
        })
        .await
        .map_err(|_| StoreError::Cancelled)?
    }

    fn refuse_newer(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        let known = known_versions(self.backend);
        let applied = match connection {
            AnyConnection::Sqlite(inner) => versions(inner.applied_migrations()),
            AnyConnection::Postgres(inner) => versions(inner.applied_migrations()),
        }?;
        match applied.into_iter().filter(|version| !known.contains(version)).max() {
            None => Ok(()),
            Some(found) => {
                let known = known.into_iter().max().unwrap_or_default();
                Err(NewerDatabase { found, known }.into())
            }
        }
    }
}

fn known_versions(backend: Backend) -> Vec<String> {
    fn names<DB: diesel::backend::Backend>(migrations: Vec<Box<dyn Migration<DB>>>) -> Vec<String> {
        migrations.iter().map(|migration| migration.name().version().to_string()).collect()
    }
    match backend {
        Backend::Sqlite => {
            MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE).map(names).unwrap_or_default()
        }
        Backend::Postgres => MigrationSource::<diesel::pg::Pg>::migrations(&POSTGRES).map(names).unwrap_or_default(),
    }
}

fn versions(outcome: diesel::migration::Result<Vec<MigrationVersion<'_>>>) -> Result<Vec<String>, StoreError> {
    match outcome {
        Ok(versions) => Ok(versions.iter().map(ToString::to_string).collect()),
        Err(error) => Err(StoreError::Migration(error.to_string())),
    }
}

fn lock(connection: &mut AnyConnection) -> Result<(), StoreError> {
    advisory(connection, "SELECT pg_advisory_lock(")
}

fn unlock(connection: &mut AnyConnection) -> Result<(), StoreError> {
    advisory(connection, "SELECT pg_advisory_unlock(")
}

/// SQLite needs none: its migrations wait for each other at the file's own lock.
fn advisory(connection: &mut AnyConnection, call: &'static str) -> Result<(), StoreError> {
    if matches!(connection, AnyConnection::Postgres(_)) {
        let mut sql = super::sql::Sql::new(call);
        sql.bind(ADVISORY_LOCK).push(")");
        sql.execute(connection)?;
    }
    Ok(())
}

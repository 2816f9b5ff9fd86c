//! Who is asking: every read that ends on somebody's page takes one.
//!
//! Today everybody who is signed in sees everything; teams will narrow it, and since each read takes a `&Scope` already, none
//! can be forgotten then.

/// What the asker may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope(Reach);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reach {
    Everything,
    Nothing,
}

impl Scope {
    /// Sees everything. For worker and command line, which act for nobody in particular.
    pub fn unrestricted() -> Self {
        Self(Reach::Everything)
    }

    /// What a signed-in person or token of any role sees.
    pub fn of_member() -> Self {
        Self(Reach::Everything)
    }

    /// Sees nothing: anonymous.
    pub fn nothing() -> Self {
        Self(Reach::Nothing)
    }

    /// Whether anything can be visible at all.
    pub fn sees_nothing(&self) -> bool {
        self.0 == Reach::Nothing
    }
}

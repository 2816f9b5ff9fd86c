//! A gate in the way of a collection: tests wait until it is reached, look around, and open it.

use tokio::sync::watch;

/// Two switches, each thrown once. Cheap to clone; all clones are the same gate.
#[derive(Clone, Debug)]
pub struct Gate {
    reached: watch::Sender<bool>,
    open: watch::Sender<bool>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { reached: watch::Sender::new(false), open: watch::Sender::new(false) }
    }
}

impl Gate {
    /// Waits until a collection stands before the gate.
    pub async fn reached(&self) {
        wait_for(&self.reached).await;
    }

    /// Lets the collection that waits, and every later one, pass.
    pub fn open(&self) {
        self.open.send_replace(true);
    }

    /// Stands before the gate until it is open.
    pub(super) async fn pass(&self) {
        self.reached.send_replace(true);
        wait_for(&self.open).await;
    }
}

async fn wait_for(switch: &watch::Sender<bool>) {
    // The sender lives in `self`, so the wait ends by the switch alone.
    let _ = switch.subscribe().wait_for(|thrown| *thrown).await;
}

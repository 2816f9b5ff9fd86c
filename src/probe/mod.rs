//! The probe: what certificate each host really sends, at each address behind it.
//!
//! A controller says what is stored, and a certificate can be renewed there and expire on the wire all the same; and a
//! controller shows an account its own certificates only. So every host that has a certificate here, and every domain
//! of an app, is asked itself: [`plan`] finds out which addresses that means, [`round`] looks at them, gently, and
//! [`verdict`] judges what was seen, host by host.
//!
//! Looking and judging are apart: what was read stays through looks that saw nothing, and time alone can make it worse
//! ([`judge_due`]).

mod addresses;
mod hosts;
mod network;
mod plan;
mod round;
mod verdict;

use tokio_util::sync::CancellationToken;

use crate::config::ProbeConfig;
use crate::store::{Db, StoreError};

pub use network::Network;
pub use round::Tally;
pub use verdict::judge_due;

/// Plans anew and looks at everything; `None` if `stop` was cancelled before the end: what was seen until then is kept.
pub async fn run(
    db: &Db,
    config: &ProbeConfig,
    network: &Network,
    stop: &CancellationToken,
) -> Result<Option<Tally>, StoreError> {
    let work = async {
        let plan = plan::make(db, config, network).await?;
        let mut tally = round::look_at(db, config, network, plan.targets).await?;
        (tally.hosts, tally.left_alone) = (plan.hosts, plan.left_alone);
        Ok(tally)
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => Ok(None),
        done = work => done.map(Some),
    }
}

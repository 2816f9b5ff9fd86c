//! What changes from one step to the next: the whole plot of the made-up platform.
//!
//! It is little at a time, so that the guard has nothing to object to, with one exception: [`CAMPAIGN_LOSS`].

/// From this step on most records of the campaign's zone are missing, and stay so: a loss that waits for a person.
pub const CAMPAIGN_LOSS: u64 = 2;

/// From this step on the old shop's machine in that region does not exist any more; the records to its address stay
/// behind.
pub fn old_shop_is_gone(region: &str, step: u64) -> bool {
    match region {
        "eu" => step >= 2,
        "us" => step >= 5,
        _ => false,
    }
}

/// From this step on the second billing machine in `us` has given its elastic address back; its record stays behind.
pub fn billing_gave_up_its_address(step: u64) -> bool {
    step >= 4
}

/// Which incarnation of the `index`th of `count` autoscaled machines there is: every third step one of them is
/// replaced.
pub fn incarnation(step: u64, index: u64, count: u64) -> u64 {
    (step / 3 + count - 1 - index) / count
}

/// Whether that machine was replaced at this very step, and is still starting.
pub fn is_new(step: u64, index: u64, count: u64) -> bool {
    step > 0 && incarnation(step, index, count) != incarnation(step - 1, index, count)
}

/// Whether the autoscaler has one machine more than usual, and which one it is.
pub fn surge(step: u64) -> Option<u64> {
    (step % 8 >= 4).then_some(step / 8)
}

/// Whether the first worker is stopped.
pub fn worker_is_stopped(step: u64) -> bool {
    (3..=5).contains(&(step % 9))
}

/// How often the second shop machine has got a new address, in a circle of four; its record follows.
pub fn moves(step: u64) -> u8 {
    u8::try_from(step / 6 % 4).unwrap_or_default()
}

/// Whether the first target of a healthy balancer just fails its checks.
pub fn target_flickers(step: u64) -> bool {
    step % 5 == 3
}

/// Which build of the shop is out; an app's release and a TXT record say so.
pub fn build(step: u64) -> u64 {
    410 + step / 2
}

/// Whether a certificate is just being proven by a TXT record.
pub fn challenge_is_there(step: u64) -> bool {
    (1..=2).contains(&(step % 4))
}

/// Whether one of the search app's processes just crashed.
pub fn search_limps(step: u64) -> bool {
    step % 7 == 4
}

/// From this step on the spare certificate is attached to a domain.
pub fn spare_is_attached(step: u64) -> bool {
    step >= 3
}

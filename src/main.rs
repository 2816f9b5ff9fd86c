//! The binary: everything is in the library, so that tests can reach it.

/// A page is a few thousand small allocations on several threads, for which the system's allocator takes a quarter
/// longer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    quarterdeck::cli::main()
}

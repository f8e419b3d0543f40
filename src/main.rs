//! The one binary.
//! It must never hold logic: every subcommand is a file of `cli`.

fn main() -> std::process::ExitCode {
    fenzhang::cli::run()
}

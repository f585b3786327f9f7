//! Relance.

use std::path::PathBuf;

use relance::cli::inspect;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|command| command == "inspect") {
        let mut options = inspect::Options::default();
        let mut rest = arguments.iter().skip(1);
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--json" => options.json = true,
                "--replies" => options.replies = true,
                "--jobs" => options.jobs = rest.next().and_then(|n| n.parse().ok()).unwrap_or(1),
                path => options.files.push(PathBuf::from(path)),
            }
        }
        return inspect::run(&options);
    }
    Ok(())
}

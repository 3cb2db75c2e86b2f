//! TEMP
use crate::{exit::ExitStatus, ui::Ui};
/// TEMP
#[derive(clap::Args, Debug)]
pub(crate) struct Args {}
pub(crate) fn run(_: &Args, _: &mut Ui) -> anyhow::Result<ExitStatus> {
    Ok(ExitStatus::Success)
}

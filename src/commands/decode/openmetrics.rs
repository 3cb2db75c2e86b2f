//! TEMP
use super::super::input::Reading;
use super::form::Form;
use crate::{render::Item, ui::Ui};
pub(super) struct Families;
impl Families {
    pub(super) fn new() -> Self {
        Self
    }
}
impl Form for Families {
    fn entry(&mut self, _: &mut Ui, _: &Reading<'_>, _: &Item<'_>) -> anyhow::Result<()> {
        Ok(())
    }
}

//! TEMP
use crate::wire::Label;
#[derive(Clone, Debug)]
pub struct Selector(String);
impl std::str::FromStr for Selector {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        Ok(Self(s.into()))
    }
}
impl Selector {
    pub fn matches(&self, l: &[Label<'_>]) -> bool {
        l.iter().any(|l| l.name == "__name__" && l.value == self.0)
    }
}

//! Parameters in a path.

use rocket::request::FromParam;

use crate::domain::name::Name;
use crate::domain::problem::Problem;

/// A bad name forwards, and the catcher makes a 400 of it.
impl<'r> FromParam<'r> for Name {
    type Error = Problem;

    fn from_param(param: &'r str) -> Result<Self, Self::Error> {
        Self::parse(param)
    }
}

//! Parameters in a path.

use rocket::request::FromParam;

use crate::domain::emoji::Emoji;
use crate::domain::name::Name;
use crate::domain::problem::Problem;

/// On what is no emoji Rocket forwards the request, and the catcher answers 400.
impl<'r> FromParam<'r> for Emoji {
    type Error = Problem;

    fn from_param(param: &'r str) -> Result<Self, Self::Error> {
        Self::parse(param)
    }
}

/// On an invalid name Rocket forwards the request, and the catcher answers 400.
impl<'r> FromParam<'r> for Name {
    type Error = Problem;

    fn from_param(param: &'r str) -> Result<Self, Self::Error> {
        Self::parse(param)
    }
}

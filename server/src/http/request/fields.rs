//! Fields of bodies and parameters of queries, parsed into a type. An error names the field that is wrong, and never
//! quotes a value, because it may be a password.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::{CowStrDeserializer, MapDeserializer};
use serde::de::{self, Deserialize, DeserializeOwned, Deserializer, IntoDeserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;

/// The most characters of an unknown name that an answer repeats.
const MAX_NAME: usize = 64;

/// Parses a JSON object.
///
/// # Errors
/// 400 if it is no JSON, or if a field is unknown, missing, repeated or of the wrong type.
pub(super) fn parse_object<T: DeserializeOwned>(json: &[u8]) -> Result<T, Problem> {
    let object: Object<'_> = serde_json::from_slice(json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Problem::bad_input(format!("The body is not valid JSON: line {line}, column {column}."))
    })?;
    T::deserialize(object.into_deserializer()).map_err(Wrong::into_problem)
}

/// Parses a query. Unknown parameters are left to the type, which may ignore them.
///
/// # Errors
/// 400 if a parameter is repeated or of the wrong type.
pub(super) fn parse_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let pairs = pairs.map(|(name, value)| (name.clone(), Parameter { name, value }));
    T::deserialize(MapDeserializer::new(pairs)).map_err(Wrong::into_problem)
}

/// What is wrong with a field or parameter.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
struct Wrong {
    field: Option<String>,
    detail: String,
}

impl Wrong {
    fn new(field: &str, detail: String) -> Self {
        Self { field: Some(field.chars().take(MAX_NAME).collect()), detail }
    }

    fn value(field: &str, expected: &str) -> Self {
        Self::new(field, format!("{field} must be {expected}."))
    }

    /// Returns the same error for an object in a field.
    fn within(self, outer: &str) -> Self {
        Self { field: self.field.map(|inner| format!("{outer}.{inner}")), ..self }
    }

    fn into_problem(self) -> Problem {
        let problem = Problem::bad_input(self.detail);
        match self.field {
            Some(field) => problem.in_field(field),
            None => problem,
        }
    }
}

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self { field: None, detail: "The request cannot be read.".to_owned() }
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        let field: String = field.chars().take(MAX_NAME).collect();
        let hint = match nearest(&field, known.iter().copied()) {
            Some(meant) => format!("did you mean {meant}?"),
            None => format!("the fields are {}.", known.join(", ")),
        };
        let detail = format!("There is no field {field} here: {hint}");
        Self::new(&field, detail)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(field, format!("{field} is missing."))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(field, format!("{field} is given twice."))
    }
}

/// The fields of a JSON object in their order, with values that are not parsed yet.
struct Object<'j>(Vec<(String, &'j RawValue)>);

impl<'j> Deserialize<'j> for Object<'j> {
    fn deserialize<D: Deserializer<'j>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'j> Visitor<'j> for ObjectVisitor {
    type Value = Object<'j>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Object(fields))
    }
}

impl<'j> Object<'j> {
    fn into_deserializer(self) -> MapDeserializer<'j, impl Iterator<Item = (String, Field<'j>)>, Wrong> {
        MapDeserializer::new(self.0.into_iter().map(|(name, json)| (name.clone(), Field { name, json })))
    }
}

/// A field of an object, parsed as the type that it is for.
struct Field<'j> {
    name: String,
    json: &'j RawValue,
}

impl<'j> IntoDeserializer<'j, Wrong> for Field<'j> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! json_values {
    ($($method:ident $expected:literal;)*) => {$(
        fn $method<V: Visitor<'j>>(self, visitor: V) -> Result<V::Value, Wrong> {
            let mut json = serde_json::Deserializer::from_str(self.json.get());
            json.$method(visitor).map_err(|_| Wrong::value(&self.name, $expected))
        }
    )*};
}

impl<'j> Deserializer<'j> for Field<'j> {
    type Error = Wrong;

    json_values! {
        deserialize_any "of another type";
        deserialize_bool "true or false";
        deserialize_i8 "an integer"; deserialize_i16 "an integer"; deserialize_i32 "an integer"; deserialize_i64 "an integer";
        deserialize_u8 "an integer"; deserialize_u16 "an integer"; deserialize_u32 "an integer"; deserialize_u64 "an integer";
        deserialize_f32 "a number"; deserialize_f64 "a number";
        deserialize_char "a string"; deserialize_str "a string"; deserialize_string "a string";
        deserialize_bytes "a string"; deserialize_byte_buf "a string"; deserialize_identifier "a string";
        deserialize_unit "null"; deserialize_seq "a list"; deserialize_map "an object"; deserialize_ignored_any "any value";
    }

    fn deserialize_option<V: Visitor<'j>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.json.get() == "null" { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_struct<V: Visitor<'j>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let object = serde_json::from_str::<Object<'_>>(self.json.get());
        let object = object.map_err(|_| Wrong::value(&self.name, "an object"))?;
        visitor.visit_map(object.into_deserializer()).map_err(|wrong| wrong.within(&self.name))
    }

    fn deserialize_newtype_struct<V: Visitor<'j>>(self, _: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit_struct<V: Visitor<'j>>(self, _: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_tuple<V: Visitor<'j>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'j>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_enum<V: Visitor<'j>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let mut json = serde_json::Deserializer::from_str(self.json.get());
        let expected = || format!("one of {}", variants.join(", "));
        json.deserialize_enum(name, variants, visitor).map_err(|_| Wrong::value(&self.name, &expected()))
    }
}

/// A query parameter, parsed as the type that it is for.
struct Parameter<'q> {
    name: Cow<'q, str>,
    value: Cow<'q, str>,
}

impl IntoDeserializer<'_, Wrong> for Parameter<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! query_values {
    ($($method:ident $visit:ident $expected:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            match self.value.parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(Wrong::value(&self.name, $expected)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Parameter<'_> {
    type Error = Wrong;

    query_values! {
        deserialize_bool visit_bool "true or false";
        deserialize_i32 visit_i32 "an integer"; deserialize_i64 visit_i64 "an integer";
        deserialize_u32 visit_u32 "an integer of 0 or more"; deserialize_u64 visit_u64 "an integer of 0 or more";
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_string(self.value.into_owned())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let value = CowStrDeserializer::<de::value::Error>::new(self.value);
        let expected = || format!("one of {}", variants.join(", "));
        visitor.visit_enum(value).map_err(|_| Wrong::value(&self.name, &expected()))
    }

    serde::forward_to_deserialize_any! {
        i8 i16 u8 u16 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq tuple tuple_struct map
        struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::{parse_object, parse_query};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        _text: String,
        _times: Option<i64>,
        _inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        _loud: bool,
    }

    #[test]
    fn an_error_names_the_field_and_the_nearest_known_one() {
        for (json, field, said) in [
            (r#"{"_text":"a","_tmes":1}"#, "_tmes", "did you mean _times?"),
            (r#"{"_text":"a","x":1}"#, "x", "the fields are _text, _times, _inner."),
            (r#"{"_times":1}"#, "_text", "is missing"),
            (r#"{"_text":"a","_text":"a"}"#, "_text", "twice"),
            (r#"{"_text":7}"#, "_text", "a string"),
            (r#"{"_text":"a","_times":1.0}"#, "_times", "an integer"),
            (r#"{"_text":"a","_inner":{"_laud":true}}"#, "_inner._laud", "did you mean _loud?"),
            (r#"{"_text":"a","_inner":{"_loud":1}}"#, "_inner._loud", "true or false"),
            (r#"{"_text":"a","_inner":[]}"#, "_inner", "an object"),
        ] {
            let problem = parse_object::<Outer>(json.as_bytes()).unwrap_err();
            assert_eq!(problem.field.as_deref(), Some(field), "{json}");
            assert!(problem.detail.contains(said), "{json}: {}", problem.detail);
        }
        let good = parse_object::<Outer>(br#"{"_inner":{"_loud":true},"_text":"a","_times":null}"#).unwrap();
        assert!(good._inner.unwrap()._loud && good._text == "a" && good._times.is_none());
    }

    #[derive(Debug, Deserialize)]
    struct Wanted {
        _wait: Option<i64>,
        _online: Option<bool>,
    }

    #[test]
    fn an_error_names_the_parameter_and_unknown_ones_are_ignored() {
        for (query, field, said) in [
            ("_wait=x", "_wait", "an integer"),
            ("_online=1", "_online", "true or false"),
            ("_wait=1&_wait=1", "_wait", "twice"),
        ] {
            let problem = parse_query::<Wanted>(query).unwrap_err();
            assert_eq!(problem.field.as_deref(), Some(field), "{query}");
            assert!(problem.detail.contains(said), "{query}: {}", problem.detail);
        }
        let good = parse_query::<Wanted>("_=1&_wait=5&_=2").unwrap();
        assert!(good._wait == Some(5) && good._online.is_none());
    }
}

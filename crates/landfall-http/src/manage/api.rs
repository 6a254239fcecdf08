//! The table of calls: one line for each says its address, its handler, and what it takes and answers. The router and
//! the OpenAPI document are both made of it, so neither has a call that the other lacks.

use std::collections::BTreeMap;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, on};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{
    KnownFormat, Object, ObjectBuilder, Ref, Schema, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{PathItem, RefOr, Required, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};

use super::state::ManageState;

/// Components of the document, by name.
pub(super) type Schemas = BTreeMap<String, RefOr<Schema>>;

/// Calls that share a prefix.
pub(super) struct Api {
    prefix: &'static str,
    pub(super) router: Router<ManageState>,
    pub(super) paths: Vec<(String, PathItem)>,
    pub(super) schemas: Schemas,
}

/// What is told of a call.
pub(super) struct Call {
    summary: &'static str,
    parameters: Vec<Parameter>,
    body: Option<RefOr<Schema>>,
    answer: RefOr<Schema>,
    refusals: Vec<(&'static str, &'static str)>,
    schemas: Schemas,
}

fn reference<T: ToSchema>(schemas: &mut Schemas) -> RefOr<Schema> {
    let mut found = Vec::new();
    T::schemas(&mut found);
    // Arrays and maps have no name of their own.
    let schema = T::schema();
    let is_named = matches!(&schema, RefOr::T(Schema::Object(object)) if has_properties(object))
        || matches!(
            &schema,
            RefOr::T(Schema::OneOf(_) | Schema::AllOf(_) | Schema::AnyOf(_))
        );
    schemas.extend(found);
    if !is_named {
        return schema;
    }
    let name = T::name().into_owned();
    schemas.insert(name.clone(), schema);
    RefOr::Ref(Ref::from_schema_name(name))
}

fn has_properties(object: &Object) -> bool {
    !object.properties.is_empty()
}

/// A call that answers 200 with a `T`.
pub(super) fn answers<T: ToSchema>(summary: &'static str) -> Call {
    let mut schemas = Schemas::new();
    let answer = reference::<T>(&mut schemas);
    Call {
        summary,
        parameters: Vec::new(),
        body: None,
        answer,
        refusals: Vec::new(),
        schemas,
    }
}

/// An empty object, the answer of calls that remove something.
#[derive(Debug)]
pub(super) struct Nothing;

impl PartialSchema for Nothing {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Object).into()
    }
}

impl ToSchema for Nothing {}

/// `null`.
#[derive(Debug)]
pub(super) struct Null;

impl PartialSchema for Null {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Null).into()
    }
}

impl ToSchema for Null {}

impl Call {
    /// It takes a body that is a `T`.
    pub(super) fn takes<T: ToSchema>(mut self) -> Self {
        self.body = Some(reference::<T>(&mut self.schemas));
        self
    }

    /// It takes a parameter that is one of these texts.
    pub(super) fn choice(self, name: &str, about: &str, choices: &[&str]) -> Self {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(choices.iter().copied()))
            .build();
        self.query(name, about, schema)
    }

    /// It takes a parameter that is a whole number from 1.
    pub(super) fn number(self, name: &str, about: &str) -> Self {
        self.query(name, about, positive())
    }

    /// It takes a parameter that is a text.
    pub(super) fn text(self, name: &str, about: &str) -> Self {
        self.query(
            name,
            about,
            ObjectBuilder::new().schema_type(Type::String).build(),
        )
    }

    /// It takes a parameter that is a day, `YYYY-MM-DD`.
    pub(super) fn day(self, name: &str, about: &str) -> Self {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
            .build();
        self.query(name, about, schema)
    }

    fn query(mut self, name: &str, about: &str, schema: Object) -> Self {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some(about))
            .schema(Some(schema))
            .build();
        self.parameters.push(parameter);
        self
    }

    fn operation(self, path: &str) -> (OperationBuilder, Schemas) {
        let json = |schema: RefOr<Schema>| ContentBuilder::new().schema(Some(schema)).build();
        let mut operation = OperationBuilder::new().summary(Some(self.summary));
        for parameter in path_parameters(path).chain(self.parameters) {
            operation = operation.parameter(parameter);
        }
        if let Some(body) = self.body {
            let body = RequestBodyBuilder::new()
                .content("application/json", json(body))
                .required(Some(Required::True))
                .build();
            operation = operation.request_body(Some(body));
        }
        let answer = ResponseBuilder::new()
            .description("Success")
            .content("application/json", json(self.answer))
            .build();
        operation = operation.response("200", answer);
        let refusals = REFUSALS.iter().chain(&self.refusals);
        for (status, about) in refusals {
            let problem = ResponseBuilder::new()
                .description(*about)
                .content(
                    "application/json",
                    json(RefOr::Ref(Ref::from_schema_name("Problem"))),
                )
                .build();
            operation = operation.response(*status, problem);
        }
        (operation, self.schemas)
    }
}

/// What any call may be refused with.
const REFUSALS: [(&str, &str); 5] = [
    ("400", "Invalid, malformed or not servable: the body says why"),
    ("401", "No valid key, or another instance's client ID"),
    ("403", "Signed in, but not allowed to change anything"),
    ("404", "Not there"),
    ("500", "Internal trouble: nothing is wrong with the request"),
];

fn positive() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(u32::MAX))
        .build()
}

/// The parameters in the braces of a path: texts by these names, else numbers.
fn path_parameters(path: &str) -> impl Iterator<Item = Parameter> + use<> {
    let names: Vec<String> = path
        .split('/')
        .filter_map(|part| Some(part.strip_prefix('{')?.strip_suffix('}')?.to_owned()))
        .collect();
    names.into_iter().map(|name| {
        let schema = match name.as_str() {
            "type" | "table" | "load" => ObjectBuilder::new()
                .schema_type(SchemaType::Type(Type::String))
                .min_length(Some(1))
                .build(),
            _ => positive(),
        };
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(schema))
            .build()
    })
}

impl Api {
    pub(super) fn new(prefix: &'static str) -> Self {
        Self {
            prefix,
            router: Router::new(),
            paths: Vec::new(),
            schemas: Schemas::new(),
        }
    }

    pub(super) fn get<T: 'static>(
        self,
        path: &str,
        handler: impl Handler<T, ManageState>,
        call: Call,
    ) -> Self {
        self.call(HttpMethod::Get, path, handler, call)
    }

    pub(super) fn post<T: 'static>(
        self,
        path: &str,
        handler: impl Handler<T, ManageState>,
        call: Call,
    ) -> Self {
        self.call(HttpMethod::Post, path, handler, call)
    }

    pub(super) fn put<T: 'static>(
        self,
        path: &str,
        handler: impl Handler<T, ManageState>,
        call: Call,
    ) -> Self {
        self.call(HttpMethod::Put, path, handler, call)
    }

    pub(super) fn delete<T: 'static>(
        self,
        path: &str,
        handler: impl Handler<T, ManageState>,
        call: Call,
    ) -> Self {
        self.call(HttpMethod::Delete, path, handler, call)
    }

    fn call<T: 'static>(
        mut self,
        method: HttpMethod,
        path: &str,
        handler: impl Handler<T, ManageState>,
        call: Call,
    ) -> Self {
        let filter = match method {
            HttpMethod::Get => MethodFilter::GET,
            HttpMethod::Post => MethodFilter::POST,
            HttpMethod::Put => MethodFilter::PUT,
            _ => MethodFilter::DELETE,
        };
        self.router = self.router.route(path, on(filter, handler));
        let whole = format!("{}{path}", self.prefix);
        let (operation, schemas) = call.operation(&whole);
        self.schemas.extend(schemas);
        self.paths.push((whole, PathItem::new(method, operation)));
        self
    }
}

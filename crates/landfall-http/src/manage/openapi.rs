//! The OpenAPI 3.1 document of this API, made of the same table as its router (ext).

use std::sync::OnceLock;

use utoipa::openapi::schema::{AnyOfBuilder, Object, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathsBuilder, RefOr};

use super::answer::{Answer, ok_text};
use super::api::{Api, Schemas};
use super::routes::tables;

const SECURITY: &str = "access_key";

/// The document, as JSON text. It is the same for every instance of a version.
#[must_use]
pub fn openapi() -> &'static str {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let document = document(tables());
        let mut text = serde_json::to_string_pretty(&document).expect("the document has text for keys");
        text.push('\n');
        text
    })
}

/// `GET /v4/openapi.json`: needs no key, for there is no secret in it.
pub(super) async fn show() -> Answer {
    Ok(ok_text(openapi().to_owned()))
}

fn document(apis: impl IntoIterator<Item = Api>) -> OpenApi {
    let (mut paths, mut schemas) = (PathsBuilder::new(), Schemas::new());
    for api in apis {
        for (path, item) in api.paths {
            paths = paths.path(path, item);
        }
        schemas.extend(api.schemas);
    }
    schemas.insert("Problem".to_owned(), problem());
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A key of the management API, `ac_…`"))
        .build();
    let mut components = ComponentsBuilder::new().security_scheme(SECURITY, SecurityScheme::Http(key));
    for (name, schema) in schemas {
        components = components.schema(name, schema);
    }
    let info = InfoBuilder::new()
        .title("Landfall management API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Destinations, sources, keys, hooks, and what was loaded. Calls that Stitch's Connect API has keep its shape.",
        ))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .paths(paths)
        .components(Some(components.build()))
        .security(Some([SecurityRequirement::new(SECURITY, [""; 0])]))
        .build()
}

/// Refusals have several documented forms: a text, or an object with `error` or what the call names.
fn problem() -> RefOr<Schema> {
    let of_type = |schema_type: SchemaType| ObjectBuilder::new().schema_type(schema_type).build();
    let object =
        |name: &str, value: Object| ObjectBuilder::new().property(name, value).required(name).build();
    let any = AnyOfBuilder::new()
        .item(of_type(Type::String.into()))
        .item(object("error", of_type(SchemaType::AnyValue)))
        .item(object("status", of_type(Type::String.into())))
        .item(object("disabled_at", of_type(SchemaType::AnyValue)));
    RefOr::T(Schema::AnyOf(any.build()))
}

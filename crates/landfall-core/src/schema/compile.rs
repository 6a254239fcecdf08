//! From the JSON of a schema to its nodes.

mod keywords;

use std::collections::{HashMap, HashSet, VecDeque};

use super::node::{Additional, AllowedValues, ArrayRules, Items, Node, NodeId, ObjectRules};
use super::reference::References;
use super::{Schema, SchemaError, same_value};
use crate::json::Json;
use keywords::{
    Parts, array, count, number_keyword, object, parse_pattern, required, string, string_keyword, types,
};

type Compiled<T> = Result<T, SchemaError>;

pub(super) fn compile(document: &Json) -> Compiled<Schema> {
    let mut compiler = Compiler {
        references: References::new(document),
        ids: HashMap::new(),
        nodes: Vec::new(),
        referenced: HashMap::new(),
        waiting: VecDeque::new(),
    };
    let root = compiler.schema("schema", document)?;
    while let Some((id, target)) = compiler.waiting.pop_front() {
        compiler.fill(id, target)?;
    }
    let Compiler {
        mut nodes,
        referenced,
        ..
    } = compiler;
    same_value::weigh(&mut nodes, &referenced)?;
    Ok(Schema { nodes, root })
}

struct Compiler<'a> {
    references: References<'a>,
    /// The node of each schema object met so far, and of each reference to one.
    ids: HashMap<*const Json, NodeId>,
    nodes: Vec<Node>,
    /// A reference by which a node was reached, for those that were.
    referenced: HashMap<NodeId, String>,
    /// Targets of references, looked at after the rest: they may be anywhere, so going there would nest without bound.
    waiting: VecDeque<(NodeId, &'a Json)>,
}

impl<'a> Compiler<'a> {
    /// The node of the schema that stands at `keyword`, references followed.
    fn schema(&mut self, keyword: &'static str, json: &'a Json) -> Compiled<NodeId> {
        let (mut keyword, mut target) = (keyword, json);
        let mut first_reference = None;
        let mut passed = HashSet::new();
        let id = loop {
            if let Some(known) = self.ids.get(&std::ptr::from_ref(target)) {
                break *known;
            }
            let Json::Object(_) = target else {
                return Err(SchemaError::wrong_type(keyword, "JSONObject", target));
            };
            let Some(reference) = target.member("$ref") else {
                break self.add(target, first_reference.is_some())?;
            };
            let reference = string("$ref", reference)?;
            if !passed.insert(std::ptr::from_ref(target)) {
                return Err(SchemaError::UnresolvedReference(reference.to_owned()));
            }
            first_reference = first_reference.or(Some(reference));
            keyword = "$ref";
            target = self.references.resolve(reference)?;
        };
        self.ids.extend(passed.into_iter().map(|alias| (alias, id)));
        if let Some(reference) = first_reference {
            self.referenced.entry(id).or_insert_with(|| reference.to_owned());
        }
        Ok(id)
    }

    fn add(&mut self, target: &'a Json, is_elsewhere: bool) -> Compiled<NodeId> {
        let id = NodeId::new(self.nodes.len());
        self.nodes.push(Node::default());
        self.ids.insert(std::ptr::from_ref(target), id);
        if is_elsewhere {
            self.waiting.push_back((id, target));
        } else {
            self.fill(id, target)?;
        }
        Ok(id)
    }

    fn schemas(&mut self, keyword: &'static str, json: &'a Json) -> Compiled<Vec<NodeId>> {
        array(keyword, json)?
            .iter()
            .map(|branch| self.schema(keyword, branch))
            .collect()
    }

    /// Understands the members of `json` in document order.
    fn fill(&mut self, id: NodeId, json: &'a Json) -> Compiled<()> {
        let members = json.as_object().unwrap_or_default();
        let mut node = Node {
            is_empty: members.is_empty(),
            ..Node::default()
        };
        let mut parts = Parts::default();
        for (name, value) in members {
            match name.as_str() {
                "type" => node.types = Some(types(value)?),
                "enum" => node.values = Some(AllowedValues::new(array("enum", value)?)),
                "allOf" => node.all_of = Some(self.schemas("allOf", value)?),
                "anyOf" => node.any_of = Some(self.schemas("anyOf", value)?),
                "oneOf" => node.one_of = Some(self.schemas("oneOf", value)?),
                "not" => node.not = Some(self.schema("not", value)?),
                name => {
                    number_keyword(name, value, &mut node.numbers, &mut parts)?;
                    string_keyword(name, value, &mut node.strings)?;
                    self.array_keyword(name, value, &mut node.arrays, &mut parts)?;
                    self.object_keyword(name, value, &mut node.objects)?;
                }
            }
        }
        node.numbers.bounds = parts.bounds();
        node.arrays.items = parts.items();
        self.nodes[id.index()] = node;
        Ok(())
    }

    fn array_keyword(
        &mut self,
        name: &str,
        value: &'a Json,
        rules: &mut ArrayRules,
        parts: &mut Parts<'a>,
    ) -> Compiled<()> {
        match name {
            "items" => {
                parts.items = match value {
                    Json::Array(_) => Items::Tuple(self.schemas("items", value)?, Additional::Allowed),
                    Json::Object(_) => Items::Each(self.schema("items", value)?),
                    _ => return Err(SchemaError::wrong_type("items", "JSONObject or JSONArray", value)),
                }
            }
            "additionalItems" => parts.additional_items = self.additional("additionalItems", value)?,
            "minItems" => rules.min_items = count("minItems", value)?,
            "maxItems" => rules.max_items = count("maxItems", value)?,
            "uniqueItems" => match value {
                Json::Bool(is_unique) => rules.is_unique = *is_unique,
                _ => return Err(SchemaError::wrong_type("uniqueItems", "Boolean", value)),
            },
            _ => {}
        }
        Ok(())
    }

    fn object_keyword(&mut self, name: &str, value: &'a Json, rules: &mut ObjectRules) -> Compiled<()> {
        match name {
            "properties" => {
                let mut properties = Vec::new();
                for (name, schema) in object("properties", value)? {
                    properties.push((name.clone(), self.schema("properties", schema)?));
                }
                rules.by_name = properties.iter().cloned().collect();
                rules.properties = Some(properties);
            }
            "patternProperties" => {
                for (pattern, schema) in object("patternProperties", value)? {
                    let id = self.schema("patternProperties", schema)?;
                    rules
                        .patterns
                        .push((parse_pattern("patternProperties", pattern)?, id));
                }
            }
            "additionalProperties" => rules.additional = self.additional("additionalProperties", value)?,
            "required" => rules.required = required(value)?,
            "minProperties" => rules.min_properties = count("minProperties", value)?,
            "maxProperties" => rules.max_properties = count("maxProperties", value)?,
            _ => {}
        }
        Ok(())
    }

    fn additional(&mut self, keyword: &'static str, value: &'a Json) -> Compiled<Additional> {
        match value {
            Json::Bool(true) => Ok(Additional::Allowed),
            Json::Bool(false) => Ok(Additional::Denied),
            Json::Object(_) => Ok(Additional::Checked(self.schema(keyword, value)?)),
            _ => Err(SchemaError::wrong_type(keyword, "Boolean or JSONObject", value)),
        }
    }
}

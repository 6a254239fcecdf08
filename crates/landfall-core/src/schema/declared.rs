//! The columns that a schema declares for CSV files (files.md §8).

use std::collections::{HashMap, HashSet};

use super::Schema;
use super::node::{Items, Node, NodeId};
use super::value_type::ValueType;

/// The columns a schema declares for one table, and the tables below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeclaredTable {
    /// Flattened names (`address__city`) in schema order, each once.
    pub columns: Vec<String>,
    /// The arrays, by flattened name relative to this table, in schema order, each once; columns of their elements.
    pub arrays: Vec<(String, DeclaredTable)>,
}

/// Nesting up to which columns are declared; records don't nest deeper. Every level may be reached through some
/// combinators.
const MAX_LEVELS: usize = 512;

/// Bytes that all declared names together may take. Schemas that refer to the same object from many places may declare
/// far more columns than they have bytes; what is beyond is observed only.
const MAX_NAME_BYTES: usize = 64 << 20;

impl DeclaredTable {
    /// The columns that `schema` declares.
    ///
    /// - Each schema of a combinator counts, the combinator itself does not. A member that says nothing about its type
    ///   (`{"required": ["a"]}`) declares a column only if the schemas around it say nothing either.
    /// - A `null` declares a column only if nothing else in the property does.
    /// - An object inside itself is not declared again: its columns are observed.
    #[must_use]
    pub fn of(schema: &Schema) -> Self {
        let mut table = TableDraft::default();
        let mut walk = Walk {
            schema,
            expanding: Vec::new(),
            name_bytes_left: MAX_NAME_BYTES,
        };
        let mut record = Place::new(None, String::new());
        walk.declare(schema.root, &mut record, false, &mut table);
        table.finish()
    }
}

/// A table whose columns are being collected.
#[derive(Default)]
struct TableDraft {
    columns: Vec<String>,
    known_columns: HashSet<String>,
    arrays: Vec<(String, TableDraft)>,
    known_arrays: HashMap<String, usize>,
}

impl TableDraft {
    fn add(&mut self, column: &str) {
        if self.known_columns.insert(column.to_owned()) {
            self.columns.push(column.to_owned());
        }
    }

    fn array(&mut self, name: &str) -> &mut TableDraft {
        let index = *self
            .known_arrays
            .entry(name.to_owned())
            .or_insert(self.arrays.len());
        if index == self.arrays.len() {
            self.arrays.push((name.to_owned(), Self::default()));
        }
        &mut self.arrays[index].1
    }

    fn finish(self) -> DeclaredTable {
        let arrays = self
            .arrays
            .into_iter()
            .map(|(name, table)| (name, table.finish()));
        DeclaredTable {
            columns: self.columns,
            arrays: arrays.collect(),
        }
    }
}

/// Where a value lands: a property of a record, an element of an array, or the record itself.
struct Place {
    /// The column of a scalar, and the name of an array; the record itself is neither.
    column: Option<String>,
    /// What stands before the names of an object's properties.
    prefix: String,
    has_object: bool,
    has_array: bool,
    has_null: bool,
}

impl Place {
    fn new(column: Option<String>, prefix: String) -> Self {
        Self {
            column,
            prefix,
            has_object: false,
            has_array: false,
            has_null: false,
        }
    }
}

struct Walk<'s> {
    schema: &'s Schema,
    /// Nodes from the root to here.
    expanding: Vec<NodeId>,
    name_bytes_left: usize,
}

impl Walk<'_> {
    /// Declares a property or an element, all of its schemas together.
    fn declare_place(&mut self, id: NodeId, column: String, prefix: String, table: &mut TableDraft) {
        let cost = column.len() + 1;
        if self.name_bytes_left < cost {
            return;
        }
        self.name_bytes_left -= cost;
        let mut place = Place::new(Some(column), prefix);
        self.declare(id, &mut place, false, table);
        let is_lone_null = place.has_null && !place.has_object && !place.has_array;
        if let (true, Some(column)) = (is_lone_null, &place.column) {
            table.add(column);
        }
    }

    /// Declares what one schema says about a place. `is_typed`: a schema around it says what the value is.
    fn declare(&mut self, id: NodeId, place: &mut Place, is_typed: bool, table: &mut TableDraft) {
        if self.expanding.contains(&id) || self.expanding.len() >= MAX_LEVELS {
            return;
        }
        self.expanding.push(id);
        let schema = self.schema;
        let node = schema.node(id);
        let shape = Shape::of(node);
        place.has_null |= shape.is_null;
        place.has_object |= shape.is_object;
        place.has_array |= shape.is_array;
        let has_members = node.all_of.is_some() || node.any_of.is_some() || node.one_of.is_some();
        let says_nothing = !shape.is_stated && !has_members && !is_typed;
        if let Some(column) = &place.column
            && (shape.is_scalar || says_nothing)
        {
            table.add(column);
        }
        if shape.is_object {
            for (name, property) in node.objects.properties() {
                let column = format!("{}{name}", place.prefix);
                let prefix = format!("{column}__");
                self.declare_place(*property, column, prefix, table);
            }
        }
        if let (true, Some(array)) = (shape.is_array, &place.column) {
            self.declare_elements(node, table.array(array));
        }
        self.declare_members(node, place, is_typed || shape.is_stated, table);
        self.expanding.pop();
    }

    fn declare_elements(&mut self, node: &Node, table: &mut TableDraft) {
        let elements = match &node.arrays.items {
            Items::Any => &[][..],
            Items::Each(element) => std::slice::from_ref(element),
            Items::Tuple(places, _) => places,
        };
        for element in elements {
            if !self.schema.node(*element).is_empty {
                // files.md §7: an element that is no object is the property `value` of one.
                self.declare_place(*element, "value".to_owned(), String::new(), table);
            }
        }
    }

    fn declare_members(&mut self, node: &Node, place: &mut Place, is_typed: bool, table: &mut TableDraft) {
        for branch in node.any_of.iter().chain(&node.one_of).flatten() {
            self.declare(*branch, place, is_typed, table);
        }
        let all_of = node.all_of.as_deref().unwrap_or_default();
        let is_typed_by_sibling = all_of
            .iter()
            .any(|branch| Shape::of(self.schema.node(*branch)).is_stated);
        for branch in all_of {
            self.declare(*branch, place, is_typed || is_typed_by_sibling, table);
        }
    }
}

/// What a schema says a value is, combinators left out.
struct Shape {
    /// Whether it says anything.
    is_stated: bool,
    is_scalar: bool,
    is_null: bool,
    is_object: bool,
    is_array: bool,
}

impl Shape {
    fn of(node: &Node) -> Self {
        let has_types = node.types.is_some();
        let has_properties = node.objects.properties.is_some();
        let has_items = !matches!(node.arrays.items, Items::Any);
        let mut shape = Self {
            is_stated: has_types || has_properties || has_items,
            is_scalar: false,
            is_null: false,
            is_object: !has_types && has_properties,
            is_array: !has_types && has_items,
        };
        for listed in node.types.iter().flat_map(|types| &types.listed) {
            match listed {
                ValueType::Null => shape.is_null = true,
                ValueType::Object => shape.is_object = true,
                ValueType::Array => shape.is_array = true,
                ValueType::Boolean | ValueType::Integer | ValueType::Number | ValueType::String => {
                    shape.is_scalar = true;
                }
            }
        }
        shape
    }
}

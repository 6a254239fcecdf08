//! From the nodes of a schema to those of its plan.

use crate::json::{Json, KindMask};
use crate::schema::node::{Additional, Items, Node, NodeId};
use crate::schema::{Formats, Schema};

use super::rules::{Part, Rules};
use super::scalar::{NumberTest, StringTest};
use super::{Member, PlanId, PlanNode, RecordPlan};

/// Combinators inside each other that a plan looks through: as many as the interpreter can follow at every level of
/// the deepest record.
const MAX_LEVELS: u32 = 7;

/// Schema objects that may look at one value: what the interpreter has steps for.
const MAX_CHECKS: u64 = crate::schema::check::STEPS_PER_VALUE;

/// Place 0 is [`PlanId::ANY`], place 1 the record; those of the nodes follow.
const FIRST_NODE: usize = 2;

pub(super) fn build(schema: &Schema, formats: Formats) -> RecordPlan {
    let ids = (0..schema.nodes.len()).map(NodeId::new);
    let rules: Vec<Rules> = ids.map(|id| rules_of(schema, id, formats)).collect();
    let builder = Builder {
        schema,
        ids: rules
            .iter()
            .enumerate()
            .map(|(index, rules)| if rules.is_any() { PlanId::ANY } else { place(index) })
            .collect(),
    };
    let root = rules[schema.root.index()].clone();
    let mut nodes = vec![
        PlanNode::any(),
        PlanNode {
            is_record: true,
            ..builder.plan_node(root)
        },
    ];
    nodes.extend(rules.into_iter().map(|rules| builder.plan_node(rules)));
    RecordPlan { nodes }
}

fn place(index: usize) -> PlanId {
    PlanId(NodeId::new(index + FIRST_NODE).index() as u32)
}

struct Builder<'s> {
    schema: &'s Schema,
    ids: Vec<PlanId>,
}

impl Builder<'_> {
    fn plan_node(&self, rules: Rules) -> PlanNode {
        let mut node = PlanNode {
            kinds: rules.kinds,
            needs_interpreter: rules.arrays.is_opaque() || rules.objects.is_opaque(),
            strings: rules.strings,
            numbers: rules.numbers,
            ..PlanNode::any()
        };
        if let Part::Rule(element) = rules.arrays {
            node.element = self.id(element);
        }
        if let Part::Rule(object) = rules.objects {
            let rules = &self.schema.node(object).objects;
            node.properties = rules
                .properties()
                .iter()
                .map(|(name, id)| (name.clone(), self.id(*id)))
                .collect();
            node.other_members = match rules.additional {
                Additional::Allowed => Member::Allowed(PlanId::ANY),
                Additional::Denied => Member::Denied,
                Additional::Checked(id) => Member::Allowed(self.id(id)),
            };
            node.required.clone_from(&rules.required);
        }
        node
    }

    fn id(&self, id: NodeId) -> PlanId {
        self.ids[id.index()]
    }
}

fn rules_of(schema: &Schema, id: NodeId, formats: Formats) -> Rules {
    let cost = schema.node(id).cost;
    if cost.levels > MAX_LEVELS || cost.checks > MAX_CHECKS {
        return Rules::ask_interpreter();
    }
    fold(schema, id, formats)
}

/// The rules of a node and all that looks at the same value; their number is bounded by [`rules_of`].
fn fold(schema: &Schema, id: NodeId, formats: Formats) -> Rules {
    let node = schema.node(id);
    let fold_one = |id: &NodeId| fold(schema, *id, formats);
    let fold_all = |ids: &Vec<NodeId>| ids.iter().map(fold_one).collect::<Vec<_>>();
    let mut rules = vec![own_rules(id, node, formats)];
    rules.extend(node.all_of.as_ref().map(fold_all).unwrap_or_default());
    rules.extend(
        node.any_of
            .as_ref()
            .map(|branches| Rules::any(&fold_all(branches))),
    );
    rules.extend(
        node.one_of
            .as_ref()
            .map(|branches| Rules::one(&fold_all(branches))),
    );
    rules.extend(node.not.as_ref().map(|branch| fold_one(branch).not()));
    Rules::all(&rules)
}

fn own_rules(id: NodeId, node: &Node, formats: Formats) -> Rules {
    let mut kinds = node.types.as_ref().map_or(KindMask::ALL, |types| types.kinds);
    let mut listed: &[Json] = &[];
    if let Some(values) = &node.values {
        listed = &values.listed;
        kinds = kinds.and(kinds_equal_to(listed));
    }
    let mut rules = Rules {
        kinds,
        strings: StringTest::of(node, formats),
        numbers: NumberTest::of(node),
        arrays: array_part(node),
        objects: object_part(id, node),
    };
    if listed.iter().any(|value| value.as_array().is_some()) {
        rules.arrays = Part::Opaque;
    }
    if listed.iter().any(|value| value.as_object().is_some()) {
        rules.objects = Part::Opaque;
    }
    rules.without_unused_parts()
}

/// Kinds that values equal to one of `listed` may have: `1.0` equals `1`.
fn kinds_equal_to(listed: &[Json]) -> KindMask {
    listed.iter().fold(KindMask::NONE, |kinds, value| {
        kinds.or(match value {
            Json::Number(_) => KindMask::NUMBER,
            value => value.kind().mask(),
        })
    })
}

fn array_part(node: &Node) -> Part<NodeId> {
    let rules = &node.arrays;
    if rules.min_items.is_some_and(|minimum| minimum > 0) || rules.max_items.is_some() || rules.is_unique {
        return Part::Opaque;
    }
    match &rules.items {
        Items::Any => Part::Free,
        Items::Each(element) => Part::Rule(*element),
        Items::Tuple(..) => Part::Opaque,
    }
}

fn object_part(id: NodeId, node: &Node) -> Part<NodeId> {
    let rules = &node.objects;
    let counts = rules.min_properties.is_some_and(|minimum| minimum > 0) || rules.max_properties.is_some();
    if counts || !rules.patterns.is_empty() {
        return Part::Opaque;
    }
    let allows_others = matches!(rules.additional, Additional::Allowed);
    if rules.properties().is_empty() && rules.required.is_empty() && allows_others {
        return Part::Free;
    }
    Part::Rule(id)
}

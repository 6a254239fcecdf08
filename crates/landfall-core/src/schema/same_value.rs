//! Which schemas look at the same value: through `allOf`, `anyOf`, `oneOf` and `not`. Circles among them would never
//! come to an end, and their number is what a check costs.

use std::collections::HashMap;

use super::SchemaError;
use super::node::{Cost, Node, NodeId};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Unseen,
    Open,
    Done,
}

/// Fills in the [`Cost`] of every node. `references` has the text of a reference for each node that has any.
///
/// # Errors
/// [`SchemaError::UnresolvedReference`] for a circle; the reference is one that closes it.
pub(super) fn weigh(nodes: &mut [Node], references: &HashMap<NodeId, String>) -> Result<(), SchemaError> {
    let mut progress = vec![Progress::Unseen; nodes.len()];
    for index in 0..nodes.len() {
        if progress[index] == Progress::Unseen {
            weigh_from(NodeId::new(index), nodes, &mut progress, references)?;
        }
    }
    Ok(())
}

/// A depth-first walk with a stack of its own: chains of references may be as long as the document.
fn weigh_from(
    start: NodeId,
    nodes: &mut [Node],
    progress: &mut [Progress],
    references: &HashMap<NodeId, String>,
) -> Result<(), SchemaError> {
    let mut open: Vec<(NodeId, Vec<NodeId>)> =
        vec![(start, nodes[start.index()].same_value_children().collect())];
    progress[start.index()] = Progress::Open;
    while let Some((id, waiting)) = open.last_mut() {
        let id = *id;
        let Some(child) = waiting.pop() else {
            progress[id.index()] = Progress::Done;
            nodes[id.index()].cost = cost_of(id, nodes);
            open.pop();
            continue;
        };
        match progress[child.index()] {
            Progress::Done => {}
            Progress::Unseen => {
                progress[child.index()] = Progress::Open;
                open.push((child, nodes[child.index()].same_value_children().collect()));
            }
            Progress::Open => {
                let circle = open.iter().map(|(id, _)| *id).skip_while(|id| *id != child);
                let reference = circle.filter_map(|id| references.get(&id)).next();
                return Err(SchemaError::UnresolvedReference(
                    reference.cloned().unwrap_or_default(),
                ));
            }
        }
    }
    Ok(())
}

fn cost_of(id: NodeId, nodes: &[Node]) -> Cost {
    nodes[id.index()]
        .same_value_children()
        .map(|child| nodes[child.index()].cost)
        .fold(Cost { checks: 1, levels: 1 }, |sum, child| Cost {
            checks: sum.checks.saturating_add(child.checks),
            levels: sum.levels.max(child.levels.saturating_add(1)),
        })
}

//! The tables that one table's records flatten into, as far as they are known.

use std::collections::HashMap;
use std::sync::Arc;

use landfall_core::clean_name::clean_name;
use landfall_core::schema::DeclaredTable;

use crate::bindings::{OWNED_COLUMNS, shared_names};
use crate::plan::{Naming, TablePlan};
use crate::run::Claim;

/// Where the values of one place go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Shape that scalars of this place are cells of.
    pub(crate) shape: u32,
    /// Slot among the shape's names; the slot names arrays too. `NONE` for records and objects as elements' prefix.
    pub(crate) slot: u32,
    /// Whether members of an object here are named without prefix: it is the record or an element.
    is_top: bool,
    /// The loader owns this name in a sub-table (rejects.md §3).
    pub(crate) is_reserved: bool,
}

impl Place {
    pub(crate) const NOWHERE: Self = Self {
        shape: 0,
        slot: u32::MAX,
        is_top: true,
        is_reserved: false,
    };
}

/// A flattened name of a shape.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) name: Arc<str>,
    /// Whether more than one place flattens to it.
    pub(crate) is_shared: bool,
    places: u32,
}

/// The table, or one of its sub-tables.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Array names from the table down; empty for the table itself.
    pub(crate) path: Arc<[String]>,
    declared: Option<DeclaredTable>,
    /// How many slots, from the first on, are declared columns.
    pub(crate) declared_columns: Vec<Arc<str>>,
    pub(crate) slots: Vec<Slot>,
    slot_of: HashMap<Arc<str>, u32>,
    pub(crate) has_shared_slots: bool,
    /// The claim its first row in a run makes, and whether the key fits the store (rejects.md R7).
    pub(crate) claim: Claim,
    pub(crate) fits: bool,
    /// `table__sub__table`, not cleaned.
    pub(crate) sql_name: String,
    pub(crate) cleaned_sql_name: String,
    /// Whether the run at hand has made the claim.
    pub(crate) is_claimed: bool,
}

impl Shape {
    fn new(
        path: Arc<[String]>,
        declared: Option<DeclaredTable>,
        claim: Claim,
        names: (String, String),
    ) -> Self {
        let declared_columns = shared_names(declared.as_ref());
        let mut shape = Self {
            path,
            declared,
            slots: Vec::new(),
            slot_of: HashMap::new(),
            has_shared_slots: false,
            claim,
            fits: true,
            sql_name: names.0,
            cleaned_sql_name: names.1,
            is_claimed: false,
            declared_columns: Vec::new(),
        };
        for name in &declared_columns {
            shape.slot(name);
        }
        shape.declared_columns = declared_columns;
        shape
    }

    fn slot(&mut self, name: &str) -> u32 {
        if let Some(slot) = self.slot_of.get(name) {
            return *slot;
        }
        let slot = self.slots.len() as u32;
        let name: Arc<str> = Arc::from(name);
        self.slots.push(Slot {
            name: name.clone(),
            is_shared: false,
            places: 0,
        });
        self.slot_of.insert(name, slot);
        slot
    }

    fn slot_for_place(&mut self, name: &str) -> u32 {
        let index = self.slot(name);
        let slot = &mut self.slots[index as usize];
        slot.places += 1;
        slot.is_shared = slot.places > 1;
        self.has_shared_slots |= slot.is_shared;
        index
    }
}

/// All shapes of a table; the table itself is the first.
#[derive(Debug)]
pub(crate) struct CsvShapes {
    pub(crate) shapes: Vec<Shape>,
    by_source: HashMap<String, u32>,
    naming: Arc<Naming>,
    table: String,
    version: i64,
    /// Whether any place is reserved, or shares its name with another.
    has_odd_places: bool,
    /// Sub-tables that the run at hand has not claimed.
    unclaimed: usize,
}

impl CsvShapes {
    /// Whether every record can be flattened without a closer look.
    #[inline]
    pub(crate) fn are_safe(&self) -> bool {
        !self.has_odd_places && self.unclaimed == 0
    }

    /// Notes that the run at hand has rows for a sub-table.
    pub(crate) fn claim(&mut self, index: usize) {
        if !std::mem::replace(&mut self.shapes[index].is_claimed, true) {
            self.unclaimed -= 1;
        }
    }

    pub(crate) fn new(plan: &TablePlan) -> Self {
        let claim = Claim {
            key: String::new(),
            source: String::new(),
        };
        let names = (plan.table().to_owned(), String::new());
        let root = Shape::new(Arc::from([]), Some(plan.declared().clone()), claim, names);
        Self {
            shapes: vec![root],
            by_source: HashMap::new(),
            naming: plan.naming().clone(),
            table: plan.table().to_owned(),
            version: 0,
            has_odd_places: false,
            unclaimed: 0,
        }
    }

    /// Prepares for a run: nothing is claimed, and keys are measured with its version.
    pub(crate) fn begin_run(&mut self, version: i64) {
        let is_other_version = self.version != version;
        self.version = version;
        self.unclaimed = self.shapes.len() - 1;
        for index in 1..self.shapes.len() {
            self.shapes[index].is_claimed = false;
            if is_other_version {
                self.measure(index);
            }
        }
    }

    fn measure(&mut self, index: usize) {
        let path = self.shapes[index].path.clone();
        let path: Vec<&str> = std::iter::once(self.table.as_str())
            .chain(path.iter().map(String::as_str))
            .collect();
        self.shapes[index].fits = self.naming.fits(&path, self.version);
    }

    pub(crate) fn root_place() -> Place {
        Place::NOWHERE
    }

    /// The place of the member `name` of an object at `parent`.
    pub(crate) fn member_place(&mut self, parent: Place, name: &str) -> Place {
        let shape = &mut self.shapes[parent.shape as usize];
        let is_in_element = parent.shape != 0 && parent.is_top;
        let slot = if parent.is_top {
            shape.slot_for_place(name)
        } else {
            let joined = format!("{}__{name}", shape.slots[parent.slot as usize].name);
            shape.slot_for_place(&joined)
        };
        let is_reserved = is_in_element && is_reserved_in_element(name);
        self.has_odd_places |= is_reserved || shape.has_shared_slots;
        Place {
            shape: parent.shape,
            slot,
            is_top: false,
            is_reserved,
        }
    }

    /// The place of the elements of the array at `array`: rows of a sub-table of their own.
    pub(crate) fn element_place(&mut self, array: Place, source: String) -> Place {
        let shape = match self.by_source.get(&source) {
            Some(shape) => *shape,
            None => self.add_sub_table(array, source),
        };
        // Elements that are no objects go to the column "value" (files.md §7).
        let elements = &mut self.shapes[shape as usize];
        let slot = elements.slot_for_place("value");
        self.has_odd_places |= elements.has_shared_slots;
        Place {
            shape,
            slot,
            is_top: true,
            is_reserved: false,
        }
    }

    fn add_sub_table(&mut self, array: Place, source: String) -> u32 {
        let parent = &self.shapes[array.shape as usize];
        let name = match parent.slots.get(array.slot as usize) {
            Some(slot) => slot.name.to_string(),
            None => String::new(),
        };
        let declared = parent.declared.as_ref().and_then(|declared| {
            let found = declared.arrays.iter().find(|(array, _)| *array == name);
            found.map(|(_, table)| table.clone())
        });
        let path: Vec<String> = parent.path.iter().cloned().chain([name]).collect();
        let full: Vec<&str> = std::iter::once(self.table.as_str())
            .chain(path.iter().map(String::as_str))
            .collect();
        let sql_name = full.join("__");
        let cleaned: Vec<String> = full.iter().map(|name| clean_name(name).into_owned()).collect();
        let epoch = landfall_core::time::Timestamp::from_millis(0);
        let key = self.naming.key(&full, 0, epoch).as_str().to_owned();
        let claim = Claim {
            key,
            source: source.clone(),
        };
        let index = self.shapes.len();
        self.shapes.push(Shape::new(
            path.into(),
            declared,
            claim,
            (sql_name, cleaned.join("__")),
        ));
        self.unclaimed += 1;
        self.measure(index);
        self.by_source.insert(source, index as u32);
        index as u32
    }

    /// Forgets which places share names: the table of places is built anew.
    pub(crate) fn forget_places(&mut self, plan: &TablePlan) {
        *self = Self {
            version: self.version,
            ..Self::new(plan)
        };
    }
}

/// Names that the loader owns in sub-tables, in any case.
fn is_reserved_in_element(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_level = lower
        .strip_prefix("_sdc_level_")
        .and_then(|rest| rest.strip_suffix("_id"))
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    OWNED_COLUMNS.contains(&lower.as_str()) || lower.starts_with("_sdc_source_key_") || is_level
}

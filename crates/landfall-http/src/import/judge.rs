//! Records against the schema of their batch, while they are on the tape.

use landfall_core::json::{Json, JsonError, Kind, KindMask, PathId, Paths, Step, Value};
use landfall_core::schema::{Formats, Member, PlanId, RecordPlan, Schema, SchemaError};

use super::cursor::{Cursor, Scratch};
use super::limits::MAX_DATA_POINTS;
use super::pool::Pool;

/// A schema, ready to judge records.
#[derive(Debug)]
pub(crate) struct CompiledSchema {
    schema: Schema,
    plan: RecordPlan,
    /// Workspaces that have seen records of this schema: their names cost one comparison each.
    workspaces: Pool<Workspace>,
}

/// Why the text of a schema is of no use.
#[derive(Debug)]
pub(crate) enum CompileError {
    NotJson(JsonError),
    Schema(SchemaError),
}

impl CompiledSchema {
    pub(crate) fn compile(text: &str) -> Result<Self, CompileError> {
        let json = Json::parse(text.as_bytes()).map_err(CompileError::NotJson)?;
        let schema = Schema::compile(&json).map_err(CompileError::Schema)?;
        let plan = RecordPlan::new(&schema, Formats::Enforce);
        Ok(Self {
            schema,
            plan,
            workspaces: Pool::new(4),
        })
    }

    pub(crate) fn take_workspace(&self) -> Workspace {
        self.workspaces.take().unwrap_or_default()
    }

    pub(crate) fn give_back(&self, mut workspace: Workspace) {
        if workspace.scratch.is_worth_keeping() {
            workspace.shapes.clear();
            self.workspaces.give(workspace);
        }
    }
}

/// A tape for records, and what the schema says about each place in them.
#[derive(Debug)]
pub(crate) struct Workspace {
    scratch: Scratch,
    bound: Vec<Bound>,
    pub(crate) shapes: Shapes,
}

impl Default for Workspace {
    fn default() -> Self {
        Self {
            scratch: Scratch::new(),
            bound: Vec::new(),
            shapes: Shapes::default(),
        }
    }
}

/// What the schema says about one place.
#[derive(Debug, Clone, Copy)]
struct Bound {
    accepts: KindMask,
    plan: PlanId,
    has_scalar_rules: bool,
    is_required: bool,
    required_members: u32,
}

impl Workspace {
    /// Parses the record at hand.
    #[inline]
    pub(crate) fn parse<'a, 't: 'a>(
        &'a mut self,
        cursor: &mut Cursor<'t>,
        depth: usize,
    ) -> Result<Value<'a>, JsonError> {
        if self.scratch.paths.is_crowded() {
            self.scratch.refresh();
            self.bound.clear();
            self.shapes.lose();
        }
        cursor.value(&mut self.scratch, depth)
    }

    /// Judges the record that was parsed last, of the same text. Returns what follows
    /// `Record <i> did not conform to schema: `.
    #[inline]
    pub(crate) fn judge(&mut self, text: &str, schema: &CompiledSchema) -> Option<String> {
        self.bind_new(&schema.plan);
        let record = self.scratch.tape.document(text, &self.scratch.paths);
        let (is_plainly_right, points) = self.look_at(record, &schema.plan);
        if points > MAX_DATA_POINTS {
            return Some(format!(
                "#: expected maximum data point count: {MAX_DATA_POINTS}, found: {points}"
            ));
        }
        if is_plainly_right {
            return None;
        }
        schema
            .schema
            .violations(&Json::from_value(record), Formats::Enforce)
    }

    /// Notes which members of the record that was parsed last are there and not null.
    #[inline]
    pub(crate) fn note_shape(&mut self, text: &str, index: usize) {
        let record = self.scratch.tape.document(text, &self.scratch.paths);
        self.shapes.note(index, record);
    }

    pub(crate) fn paths(&self) -> &Paths {
        &self.scratch.paths
    }

    /// One walk over the record: whether the fast rules accept it, and its data points.
    #[inline]
    fn look_at(&self, record: Value<'_>, plan: &RecordPlan) -> (bool, usize) {
        let mut is_plainly_right = true;
        let mut points = 0;
        for value in record.subtree() {
            let kind = value.kind();
            let bound = &self.bound[value.path().index()];
            if !bound.accepts.contains(kind) {
                is_plainly_right = false;
            }
            if kind.is_scalar() {
                points += 1;
                if bound.has_scalar_rules && !plan.accepts_scalar(bound.plan, kind, value.text()) {
                    is_plainly_right = false;
                }
            } else {
                points += usize::from(value.children().next().is_none());
                if bound.required_members > 0 && kind == Kind::Object && !self.has_required(value, bound) {
                    is_plainly_right = false;
                }
            }
        }
        (is_plainly_right, points)
    }

    fn has_required(&self, object: Value<'_>, bound: &Bound) -> bool {
        let is_required = |member: &Value<'_>| self.bound[member.path().index()].is_required;
        object.children().filter(is_required).count() == bound.required_members as usize
    }

    /// Binds places that were met for the first time. Parents come before what is in them.
    #[inline]
    fn bind_new(&mut self, plan: &RecordPlan) {
        while self.bound.len() < self.scratch.paths.len() {
            let bound = self.bind(self.scratch.paths.nth(self.bound.len()), plan);
            self.bound.push(bound);
        }
    }

    fn bind(&self, path: PathId, plan: &RecordPlan) -> Bound {
        let paths = &self.scratch.paths;
        let parent = || self.bound[paths.parent(path).index()].plan;
        let (id, is_allowed, is_required) = match paths.step(path) {
            Step::Root => (plan.root(), true, false),
            Step::Element => (plan.element(parent()), true, false),
            Step::Member(name) => {
                let is_required = plan.required(parent()).iter().any(|required| required == name);
                match plan.member(parent(), name) {
                    Member::Allowed(id) => (id, true, is_required),
                    Member::Denied => (PlanId::ANY, false, is_required),
                }
            }
        };
        let accepts = match (is_allowed, plan.needs_interpreter(id)) {
            (false, _) => KindMask::NONE,
            // What the fast rules can't tell concerns arrays and objects.
            (true, true) => plan.accepts(id).and(KindMask::SCALARS),
            (true, false) => plan.accepts(id),
        };
        Bound {
            accepts,
            plan: id,
            has_scalar_rules: plan.scalar_check(id),
            is_required,
            required_members: plan.required(id).len() as u32,
        }
    }
}

/// Which members the records have that are not null, kept once for each run of records that have the same. `key_names`
/// often follows `messages` in a body, and is then held against these instead of against every record again.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    members: Vec<PathId>,
    /// The first record of the run, and where its members begin.
    runs: Vec<(usize, usize)>,
    is_lost: bool,
}

impl Shapes {
    fn clear(&mut self) {
        self.members.clear();
        self.runs.clear();
        self.is_lost = false;
    }

    /// Gives up, because the places mean nothing any more.
    fn lose(&mut self) {
        self.clear();
        self.is_lost = true;
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost
    }

    #[inline]
    fn note(&mut self, index: usize, record: Value<'_>) {
        if self.is_lost {
            return;
        }
        let present = || {
            let not_null = record.children().filter(|member| member.kind() != Kind::Null);
            not_null.map(|member| member.path())
        };
        let last = self.runs.last().map(|(_, start)| &self.members[*start..]);
        if last.is_some_and(|last| last.iter().copied().eq(present())) {
            return;
        }
        self.runs.push((index, self.members.len()));
        self.members.extend(present());
    }

    /// The first record that lacks one of `keys`, and which it lacks.
    pub(crate) fn missing_key<'k>(&self, keys: &'k [String], paths: &Paths) -> Option<(usize, &'k str)> {
        let ends = self.runs.iter().skip(1).map(|(_, start)| *start);
        let ends = ends.chain([self.members.len()]);
        let mut runs = self.runs.iter().zip(ends);
        runs.find_map(|((index, start), end)| {
            let members = &self.members[*start..end];
            let has = |key: &str| members.iter().any(|member| paths.name(*member) == key);
            let missing = keys.iter().find(|key| !has(key))?;
            Some((*index, missing.as_str()))
        })
    }
}

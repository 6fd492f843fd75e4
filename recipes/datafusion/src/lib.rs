#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use datafusion::{
    arrow::{
        array::ArrayRef,
        datatypes::{DataType, Field},
    },
    common::{Result, ScalarValue, exec_datafusion_err, tree_node::TreeNode},
    logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
    prelude::SessionContext,
};
use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};
use telseal::{Identifier, Sealer};
use telseal_arrow::OnRefusal;

/// Registers `seal_phone`, `tag_phone` and so on, if the suffix is `phone`. A refused row ends the query, and becomes
/// null in `try_seal_phone` and so on. Without a sealer they are stubs: they can be planned and not executed.
pub fn register<I: Identifier + 'static>(context: &SessionContext, suffix: &str, sealer: Option<Arc<Sealer<I>>>) {
    for method in [Method::Seal, Method::Tag, Method::Lookup, Method::Open, Method::Reseal, Method::Text] {
        for (prefix, refused_is_null) in [("", false), ("try_", true)] {
            let name = format!("{prefix}{}_{suffix}", format!("{method:?}").to_lowercase());
            // What is folded while a query is planned, stands in its plan: plaintext must not.
            let volatility = if method == Method::Open { Volatility::Volatile } else { Volatility::Immutable };
            let signature = Signature::any(1, volatility);
            let sealer = sealer.clone();
            context.register_udf(ScalarUDF::from(Function { name, method, refused_is_null, signature, sealer }));
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Method {
    Seal,
    Tag,
    Lookup,
    Open,
    Reseal,
    Text,
}

struct Function<I> {
    name: String,
    method: Method,
    refused_is_null: bool,
    signature: Signature,
    sealer: Option<Arc<Sealer<I>>>,
}

/// Debug output of plans has the function in it.
impl<I> fmt::Debug for Function<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The optimiser merges what is equal: two functions of one name and other keys are not.
impl<I> PartialEq for Function<I> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.sealer.as_ref().map(Arc::as_ptr) == other.sealer.as_ref().map(Arc::as_ptr)
    }
}

impl<I> Eq for Function<I> {}

impl<I> Hash for Function<I> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl<I: Identifier + 'static> ScalarUDFImpl for Function<I> {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        let made = match self.method {
            Method::Seal | Method::Reseal => DataType::FixedSizeBinary(27),
            Method::Tag => DataType::FixedSizeBinary(16),
            Method::Lookup => DataType::List(Arc::new(Field::new_list_field(DataType::FixedSizeBinary(27), false))),
            Method::Open | Method::Text => DataType::Utf8,
        };
        Ok(match arguments {
            [DataType::Dictionary(keys, _)] => DataType::Dictionary(keys.clone(), Box::new(made)),
            _ => made,
        })
    }

    /// The name of the column that is made has no literal in it, since that may be a number: of an argument with literals,
    /// the columns are left.
    fn schema_name(&self, arguments: &[Expr]) -> Result<String> {
        let mut names = Vec::new();
        for argument in arguments {
            if argument.exists(|part| Ok(matches!(part, Expr::Literal(..))))? {
                names.extend(argument.column_refs().into_iter().map(|column| column.flat_name()));
            } else {
                names.push(argument.schema_name().to_string());
            }
        }
        names.sort();
        Ok(format!("{}({})", self.name, names.join(",")))
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(match &arguments.args[..] {
            [ColumnarValue::Array(array)] => ColumnarValue::Array(self.run(array)?),
            [ColumnarValue::Scalar(scalar)] => {
                ColumnarValue::Scalar(ScalarValue::try_from_array(&self.run(&scalar.to_array()?)?, 0)?)
            }
            _ => return Err(exec_datafusion_err!("{} takes one argument", self.name)),
        })
    }
}

impl<I: Identifier> Function<I> {
    fn run(&self, array: &ArrayRef) -> Result<ArrayRef> {
        let sealer =
            self.sealer.as_ref().ok_or_else(|| exec_datafusion_err!("{}: there are no keys here", self.name))?;
        let mut ignore = |_, _| ();
        let on_refusal = if self.refused_is_null { OnRefusal::Null(&mut ignore) } else { OnRefusal::Fail };
        let made = match self.method {
            Method::Seal => telseal_arrow::seal(sealer, array, on_refusal),
            Method::Tag => telseal_arrow::tag(sealer, array, on_refusal),
            Method::Lookup => telseal_arrow::lookup(sealer, array, on_refusal),
            Method::Open => telseal_arrow::open(sealer, array, on_refusal),
            Method::Reseal => telseal_arrow::reseal(sealer, array, on_refusal),
            Method::Text => telseal_arrow::text::<I>(array, on_refusal),
        };
        made.map_err(|error| exec_datafusion_err!("{}: {error}", self.name))
    }
}

//! The functions in queries, and what plans show.
#![allow(clippy::unwrap_used)]

use datafusion::{
    arrow::{
        array::{ArrayRef, Int32Array, RecordBatch, StringArray, StringDictionaryBuilder},
        datatypes::Int8Type,
        util::pretty::pretty_format_batches,
    },
    common::ScalarValue,
    prelude::SessionContext,
};
use std::sync::Arc;
use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, Sealer};

const NUMBER: &str = "+442079460018";
const OTHER: &str = "+442079460019";

fn sealer() -> Sealer<PhoneNumber> {
    let second = KeyVersion::try_from(2).unwrap();
    let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32]), (second, &[2; 32])]).unwrap();
    keyring.sealer(&Scope::new(["acme", "routing"]).unwrap())
}

/// A table of texts, some of them no number.
fn context(sealer: Option<Sealer<PhoneNumber>>) -> SessionContext {
    let context = SessionContext::new();
    recipe_datafusion::register(&context, "phone", sealer.map(Arc::new));
    let ids: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3]));
    let callers: ArrayRef = Arc::new(StringArray::from(vec![Some("+44 20 7946 0018"), None, Some("020 7946 0018")]));
    let batch = RecordBatch::try_from_iter([("id", ids), ("caller", callers)]).unwrap();
    context.register_batch("calls", batch).unwrap();
    context
}

async fn shown(context: &SessionContext, query: &str) -> datafusion::common::Result<String> {
    let batches = context.sql(query).await?.collect().await?;
    Ok(pretty_format_batches(&batches)?.to_string())
}

/// The cells of the first row of the table that is printed.
async fn first(context: &SessionContext, query: &str) -> Vec<String> {
    let shown = shown(context, query).await.unwrap();
    shown.lines().nth(3).unwrap().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

#[tokio::test]
async fn every_function() {
    let (sealer, context) = (sealer(), context(Some(sealer())));
    let number: PhoneNumber = NUMBER.parse().unwrap();
    let token = sealer.seal(&number);
    let query = "select seal_phone(caller), tag_phone(caller), text_phone(seal_phone(caller)), text_phone(tag_phone(caller)), \
        open_phone(seal_phone(caller)), text_phone(reseal_phone(seal_phone(caller))) from calls where id = 1";
    let tag = token.tag();
    assert_eq!(
        first(&context, query).await,
        [
            format!("{token:x}"),
            format!("{tag:x}"),
            token.to_string(),
            tag.to_string(),
            NUMBER.into(),
            token.to_string()
        ]
    );
    let lookup = first(&context, "select lookup_phone(caller) from calls where id = 1").await;
    let tokens: Vec<_> = sealer.lookup(&number).map(|token| format!("{token:x}")).collect();
    assert_eq!((lookup[0].clone(), tokens.len()), (format!("[{}]", tokens.join(", ")), 2));
    let older = first(&context, &format!("select open_phone(X'{}')", tokens[1])).await;
    assert_eq!(older, [NUMBER]);
}

#[tokio::test]
async fn refused_rows() {
    let context = context(Some(sealer()));
    let error = shown(&context, "select seal_phone(caller) from calls").await.unwrap_err().to_string();
    assert!(error.contains("seal_phone: row 2: not read: NationalNumber") && !error.contains("7946"), "{error}");
    let nulls = "select count(*), count(try_seal_phone(caller)) from calls";
    assert_eq!(first(&context, nulls).await, ["3", "1"]);
    let foreign = "select count(try_open_phone(X'0102')), count(try_open_phone(seal_phone($1))) from calls";
    let batches = context.sql(foreign).await.unwrap().with_param_values(vec![ScalarValue::from(NUMBER)]).unwrap();
    let shown = pretty_format_batches(&batches.collect().await.unwrap()).unwrap().to_string();
    assert!(shown.lines().nth(3).unwrap().split_whitespace().eq(["|", "0", "|", "3", "|"]), "{shown}");
    for query in
        ["select seal_phone(id) from calls", "select open_phone(id) from calls", "select try_tag_phone(id) from calls"]
    {
        let error = context.sql(query).await.unwrap().collect().await.unwrap_err().to_string();
        assert!(error.contains("works on"), "{error}");
    }
    assert!(context.sql("select seal_phone(caller, id) from calls").await.is_err());
}

#[tokio::test]
async fn no_plaintext_in_plans_and_names() {
    let context = context(Some(sealer()));
    let token = format!("{:x}", sealer().seal(&OTHER.parse().unwrap()));
    let open = format!("open_phone(X'{token}')");
    let digits = &OTHER[1..];
    for explain in ["explain", "explain verbose", "explain format tree", "explain analyze"] {
        let plan =
            shown(&context, &format!("{explain} select {open} as number, id from calls where {open} is not null"))
                .await;
        let plan = plan.unwrap();
        assert!(plan.contains("open_phone") && !plan.contains(digits), "{plan}");
    }
    // A control: what is immutable is computed while planning, and stands in the plan.
    let sealed = shown(&context, &format!("explain select text_phone(X'{token}') from calls")).await.unwrap();
    assert!(sealed.contains(&sealer().seal(&OTHER.parse().unwrap()).to_string()), "{sealed}");

    for name in ["seal", "tag", "lookup", "try_seal"] {
        let frame = context.sql(&format!("select {name}_phone('{OTHER}')")).await.unwrap();
        assert_eq!(frame.schema().field(0).name(), &format!("{name}_phone()"));
        let batches = frame.collect().await.unwrap();
        assert_eq!(batches[0].schema().field(0).name(), &format!("{name}_phone()"));
    }
    let or_other = format!("select seal_phone(case when caller is null then '{OTHER}' else caller end) from calls");
    assert_eq!(context.sql(&or_other).await.unwrap().schema().field(0).name(), "seal_phone(calls.caller)");
    let frame = context.sql("select seal_phone(caller) from calls").await.unwrap();
    assert_eq!(frame.schema().field(0).name(), "seal_phone(calls.caller)");
    let debug = format!("{:?}", frame.logical_plan());
    assert!(debug.contains("Function { name: \"seal_phone\", .. }"), "{debug}");
}

#[tokio::test]
async fn dictionaries_and_stubs() {
    let context = context(Some(sealer()));
    let mut callers = StringDictionaryBuilder::<Int8Type>::new();
    callers.extend([Some(NUMBER), Some(NUMBER), None]);
    let callers: ArrayRef = Arc::new(callers.finish());
    context.register_batch("few", RecordBatch::try_from_iter([("caller", callers)]).unwrap()).unwrap();
    let query = "select count(open_phone(seal_phone(caller))) from few";
    assert_eq!(first(&context, query).await, ["2"]);

    let stub = self::context(None);
    let frame = stub.sql("select seal_phone(caller) from calls").await.unwrap();
    let error = frame.collect().await.unwrap_err().to_string();
    assert!(error.contains("seal_phone: there are no keys here"), "{error}");
}

//! Concurrent calls.

/// Runs all of the futures concurrently and returns their outputs in order.
pub(crate) async fn at_once<F>(all: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let tasks: Vec<_> = all.into_iter().map(tokio::spawn).collect();
    let mut outputs = Vec::with_capacity(tasks.len());
    for task in tasks {
        outputs.push(task.await.unwrap());
    }
    outputs
}

/// Runs all of the futures, 50 at a time: a busy machine would refuse some of hundreds at once. Returns their outputs
/// in order.
pub(crate) async fn fifty_at_once<F>(all: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let (mut all, mut outputs) = (all.into_iter(), Vec::new());
    loop {
        let some = at_once(all.by_ref().take(50)).await;
        if some.is_empty() {
            return outputs;
        }
        outputs.extend(some);
    }
}

//! Somebody who looks at the world after every request.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use super::Call;

/// What looking is: it may ask anything past the door.
type Look = dyn Fn(&Call) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

/// A cheap handle to the place of one onlooker.
#[derive(Clone, Default)]
pub struct Onlooker(Arc<Mutex<Option<Arc<Look>>>>);

impl Onlooker {
    /// From now on `look` is called after the work of each request, before its answer goes out; also when the answer is lost or the
    /// caller killed.
    pub fn set<F>(&self, look: impl Fn(&Call) -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        *self.place() = Some(Arc::new(move |call| Box::pin(look(call))));
    }

    /// Nobody looks any more.
    pub fn clear(&self) {
        *self.place() = None;
    }

    pub(super) async fn look(&self, call: &Call) {
        let look = self.place().clone();
        if let Some(look) = look {
            look(call).await;
        }
    }

    fn place(&self) -> std::sync::MutexGuard<'_, Option<Arc<Look>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Onlooker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Onlooker")
    }
}

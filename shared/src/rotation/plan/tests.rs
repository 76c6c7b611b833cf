//! What is decided, scene by scene. A scene begins with a healthy target and changes one thing.

mod clean_up;
mod scene;
mod steer;
mod task;

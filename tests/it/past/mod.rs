//! A past moment: what a page says of it is what the page said then, and what it cannot know it does not say.

mod links;
mod month;
mod picture;
mod platform;
mod refused;

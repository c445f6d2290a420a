//! The settings in force, and the place that each is from.

use serde::Serialize;
use utoipa::ToSchema;

use crate::config::SettingOrigin;

use super::super::call::{Call, Reply};
use super::super::problem::Problem;

/// The setting that the API can change as well.
const LOG: &str = "log";

/// The settings in force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Settings {
    /// The settings file, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// All settings.
    settings: Vec<SettingModel>,
}

/// A setting in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Setting)]
pub(crate) struct SettingModel {
    /// Its key in a settings file, such as `rates.say`.
    name: String,
    /// Its value as a settings file would have it. Secrets are left out. Empty: it is not set.
    value: String,
    /// The kind of place that the value is from.
    origin: OriginModel,
    /// The flag, the environment variable, or the line of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// Whether SIGHUP takes over another value.
    reloaded: bool,
}

/// A kind of place that the value of a setting is from.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SettingOrigin)]
enum OriginModel {
    /// Nobody has set it.
    Default,
    /// The settings file.
    File,
    /// An environment variable.
    Variable,
    /// A flag.
    Flag,
    /// This API, until the next start or SIGHUP.
    Api,
}

/// The settings in force, and where each is from
#[utoipa::path(
    get, path = "/api/v1/settings", tag = "operation", operation_id = "listSettings",
    responses((status = 200, description = "All settings.", body = Settings)),
)]
pub(crate) async fn list(call: Call) -> Result<Reply, Problem> {
    let shown = call.threads.shown_settings();
    let log = call.threads.config.log.as_ref().map(|log| log.filter());
    let settings = shown.settings.iter().map(|setting| {
        let (origin, place) = match &setting.origin {
            SettingOrigin::Default => (OriginModel::Default, None),
            SettingOrigin::File(line) => (OriginModel::File, Some(line.to_string())),
            SettingOrigin::Variable(name) => (OriginModel::Variable, Some(name.clone())),
            SettingOrigin::Flag(flag) => (OriginModel::Flag, Some(flag.clone())),
        };
        let mut model = SettingModel {
            name: setting.name.clone(),
            value: setting.value.clone(),
            origin,
            place,
            reloaded: setting.is_reloaded,
        };
        if let (LOG, Some(filter)) = (&*model.name, &log)
            && model.value.trim_matches(['"', '\'']) != filter
        {
            // As a settings file writes a text.
            model.value = serde_json::Value::from(&**filter).to_string();
            (model.origin, model.place) = (OriginModel::Api, None);
        }
        model
    });
    Ok(Reply::json(&Settings {
        file: shown.file.clone(),
        settings: settings.collect(),
    }))
}

// /types/{id}/encryption. Volumes of an encrypted type are not made: app/create_volume.cpp.
// https://docs.openstack.org/api-ref/block-storage/v3/#volume-type-encryption
#include <fmt/format.h>

#include "cinder/api/routes.hpp"
#include "cinder/app/volume_types.hpp"
#include "cinder/store/encryptions.hpp"
#include "cinder/store/volumes.hpp"
#include "openstack/schema.hpp"

namespace cinder::api {
namespace {

using base::Json;
using platform::Session;
using store::EncryptionRow;

void write_settings(base::JsonWriter& json, const EncryptionRow& row) {
  json.field("volume_type_id", row.volume_type_id);
  json.field("encryption_id", row.encryption_id);
  json.field("provider", row.provider);
  json.field("control_location", row.control_location);
  json.field("cipher", row.cipher);
  json.field("key_size", row.key_size);
}

std::string type_of_path(Session& session, const ApiRequest& request) {
  return app::get_volume_type(session, request.context, request.parameter("type_id")).id;
}

std::optional<EncryptionRow> read_encryption(app::App& app, const ApiRequest& request) {
  return app.database.read([&](Session& session) {
    return store::find_encryption(session, type_of_path(session, request));
  });
}

[[noreturn]] void refuse_missing_encryption(const std::string& type_id) {
  not_found("Volume type encryption for type " + type_id + " does not exist.");
}

EncryptionRow get_encryption(Session& session, const std::string& type_id) {
  auto row = store::find_encryption(session, type_id);
  if (!row) refuse_missing_encryption(type_id);
  return *std::move(row);
}

void check_unused(Session& session, const std::string& type_id, std::string_view verb) {
  if (store::is_type_in_use(session, type_id))
    bad_request(fmt::format(
        "Invalid input received: Cannot {} encryption specs. Volume type in use.", verb));
}

void take_settings(EncryptionRow& row, const Json& wanted) {
  if (const auto provider = text_member(wanted, "provider")) row.provider = *provider;
  if (const auto where = text_member(wanted, "control_location")) row.control_location = *where;
  if (base::find(wanted, "cipher")) row.cipher = text_member(wanted, "cipher");
  if (const Json* size = base::find(wanted, "key_size"))
    row.key_size = size->is_null() ? std::nullopt : std::optional(integer_of(*size));
}

Response show_encryption(app::App& app, ApiRequest& request) {
  const auto row = read_encryption(app, request);
  base::JsonWriter json;
  json.begin_object();
  if (row) {
    write_settings(json, *row);
    json.field("created_at", base::format_microseconds_without_zone(row->created_at));
    write_time_or_null(json, "updated_at", row->updated_at);
    json.field("deleted", false);
    json.field("deleted_at", nullptr);
  }
  json.end_object();
  return answer(json);
}

Response show_encryption_item(app::App& app, ApiRequest& request) {
  const auto row = read_encryption(app, request);
  const std::string& key = request.parameter("key");
  if (!row) refuse_missing_encryption(request.parameter("type_id"));
  base::JsonWriter all;
  all.begin_object();
  write_settings(all, *row);
  all.end_object();
  const base::Json known = base::parse_json(all.take());
  const Json* value = base::find(known, key);
  if (!value) not_found("The resource could not be found.");
  return openstack::json_response(200, base::to_text(base::JsonObject{{key, *value}}));
}

Response create_encryption(app::App& app, ApiRequest& request) {
  EncryptionRow row;
  row.encryption_id = app.uuid();
  row.created_at = app.now();
  take_settings(row, inner(request, "encryption"));
  app.database.write("encryption.create", [&](Session& session) {
    row.volume_type_id = type_of_path(session, request);
    check_unused(session, row.volume_type_id, "create");
    if (store::find_encryption(session, row.volume_type_id))
      bad_request("Volume type encryption for type " + row.volume_type_id + " already exists.");
    platform::insert(session, row);
  });
  base::JsonWriter json;
  json.begin_object();
  json.key("encryption");
  json.begin_object();
  write_settings(json, row);
  json.end_object();
  json.end_object();
  return answer(json);
}

Response update_encryption(app::App& app, ApiRequest& request) {
  const base::TimePoint now = app.now();
  app.database.write("encryption.update", [&](Session& session) {
    const std::string type_id = type_of_path(session, request);
    check_unused(session, type_id, "update");
    EncryptionRow row = get_encryption(session, type_id);
    take_settings(row, inner(request, "encryption"));
    row.updated_at = now;
    platform::update(session, row);
  });
  return openstack::json_response(200, base::to_text(request.body));
}

Response delete_encryption(app::App& app, ApiRequest& request) {
  app.database.write("encryption.delete", [&](Session& session) {
    const std::string type_id = type_of_path(session, request);
    static_cast<void>(get_encryption(session, type_id));
    check_unused(session, type_id, "delete");
    store::delete_encryption(session, type_id);
  });
  return openstack::empty_response(202);
}

std::string encryption_schema(std::string_view required) {
  return fmt::format(
      R"({{"type":"object","properties":{{"encryption":{{"type":"object","properties":{{)"
      R"("key_size":{{"type":["integer","string","null"],"minimum":0,"pattern":"^[0-9]+$",)"
      R"("maximum":2147483647}},"provider":{{"type":"string","minLength":0,"maxLength":255}},)"
      R"("control_location":{{"type":"string","enum":["front-end","back-end"]}},)"
      R"("cipher":{{"type":["string","null"],"minLength":0,"maxLength":255}}}},{})"
      R"("additionalProperties":false}}}},"required":["encryption"],)"
      R"("additionalProperties":false}})",
      required);
}

}  // namespace

openstack::Routes volume_type_encryption_routes(app::App& app) {
  static const openstack::Schema create_schema(
      encryption_schema(R"("required":["provider","control_location"],)"));
  static const openstack::Schema update_schema(encryption_schema(""));
  const char* const collection = "/types/{type_id}/encryption";
  const char* const item = "/types/{type_id}/encryption/{key}";
  return {
      {"GET", collection, "volume_extension:volume_type_encryption:get",
       bind(app, show_encryption)},
      {"POST", collection, "volume_extension:volume_type_encryption:create",
       bind(app, create_encryption), &create_schema},
      {"GET", item, "volume_extension:volume_type_encryption:get", bind(app, show_encryption_item)},
      {"PUT", item, "volume_extension:volume_type_encryption:update", bind(app, update_encryption),
       &update_schema},
      {"DELETE", item, "volume_extension:volume_type_encryption:delete",
       bind(app, delete_encryption)},
  };
}

}  // namespace cinder::api

// /os-keypairs. https://docs.openstack.org/api-ref/compute/#keypairs-keypairs
#include "nova/store/keypairs.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "nova/api/routes.hpp"
#include "nova/app/quotas.hpp"
#include "openstack/schema.hpp"
#include "platform/crypto.hpp"
#include "platform/ssh_key.hpp"

namespace nova::api {
namespace {

using base::Error;
using base::ErrorKind;
using store::KeypairRow;

constexpr Microversion kTypes{2, 2};
constexpr Microversion kOtherUsers{2, 10};
constexpr Microversion kPaging{2, 35};

// MD5 of the key's blob, as `ssh-keygen -l -E md5` says it. Throws Error(bad_request).
std::string fingerprint_of(const std::string& public_key) {
  const auto parts = base::split(base::trim(public_key), ' ');
  const auto blob = parts.size() > 1 ? base::from_base64(parts[1]) : std::nullopt;
  // The blob begins with the length and the name of its type.
  const bool valid = blob && blob->size() > 4 + parts[0].size() &&
                     blob->compare(4, parts[0].size(), parts[0]) == 0;
  if (!valid) bad_request("Keypair data is invalid: failed to generate fingerprint");
  const std::string hex = base::to_hex(platform::md5(*blob));
  std::string text;
  for (size_t i = 0; i < hex.size(); i += 2) text += (text.empty() ? "" : ":") + hex.substr(i, 2);
  return text;
}

// Whose keys: administrators may name another user since 2.10.
std::string user_of(const ApiRequest& request, std::string_view rule,
                    std::optional<std::string> named) {
  if (!named || request.context.version < kOtherUsers) return request.context.user_id();
  request.authorize(rule, {{"user_id", *named}});
  return *named;
}

std::string user_of_query(const ApiRequest& request, std::string_view rule) {
  const auto named = request.query.get("user_id");
  return user_of(request, rule, named ? std::optional(std::string(*named)) : std::nullopt);
}

void write_common(base::JsonWriter& json, const KeypairRow& row, Microversion version) {
  json.field("name", row.name);
  json.field("public_key", row.public_key);
  json.field("fingerprint", row.fingerprint);
  if (version >= kTypes) json.field("type", row.type);
}

Response list_keypairs(app::App& app, ApiRequest& request) {
  const std::string user = user_of_query(request, "os_compute_api:os-keypairs:index");
  std::optional<int64_t> limit;
  std::string marker;
  if (request.context.version >= kPaging) {
    limit = app.settings.max_limit;
    if (const auto text = request.query.get("limit")) {
      const auto number = base::parse_integer(*text);
      if (!number || *number < 0) bad_request("Invalid input for query parameters limit.");
      if (*number > 0) limit = std::min(*limit, *number);
    }
    marker = request.query.get("marker").value_or("");
  }
  const auto rows = app.database.read([&](platform::Session& session) {
    if (!marker.empty() && !store::find_keypair(session, user, marker))
      bad_request("marker [" + marker + "] not found");
    return store::list_keypairs(session, user, marker, limit.value_or(INT32_MAX));
  });
  base::JsonWriter json;
  json.begin_object();
  json.key("keypairs");
  json.begin_array();
  for (const KeypairRow& row : rows) {
    json.begin_object();
    json.key("keypair");
    json.begin_object();
    write_common(json, row, request.context.version);
    json.end_object();
    json.end_object();
  }
  json.end_array();
  write_next_link(json, "keypairs_links", request, limit, rows.size(),
                  rows.empty() ? "" : rows.back().name);
  json.end_object();
  return answer(json);
}

Response show_keypair(app::App& app, ApiRequest& request) {
  const std::string user = user_of_query(request, "os_compute_api:os-keypairs:show");
  const std::string& name = request.parameter("name");
  const auto row = app.database.read(
      [&](platform::Session& session) { return store::find_keypair(session, user, name); });
  if (!row) not_found(fmt::format("Keypair {} not found for user {}", name, user));
  base::JsonWriter json;
  json.begin_object();
  json.key("keypair");
  json.begin_object();
  write_common(json, *row, request.context.version);
  json.field("user_id", row->user_id);
  json.field("deleted", false);
  json.field("created_at", base::format_microseconds_without_zone(row->created_at));
  json.field("updated_at", nullptr);
  json.field("deleted_at", nullptr);
  json.field("id", row->number);
  json.end_object();
  json.end_object();
  return answer(json);
}

void insert(app::App& app, KeypairRow& row) {
  app.database.write("keypair.create", [&](platform::Session& session) {
    const int64_t limit = app::default_limits(session, app.settings).at("key_pairs");
    if (limit >= 0 && store::count_keypairs(session, row.user_id) >= limit)
      throw Error(ErrorKind::forbidden, "Maximum number of key pairs exceeded");
    if (store::find_keypair(session, row.user_id, row.name))
      conflict("Key pair '" + row.name + "' already exists.");
    store::create_keypair(session, row);
  });
}

Response create_keypair(app::App& app, ApiRequest& request) {
  const base::Json& body = inner(request, "keypair");
  const base::Json* named = base::find(body, "user_id");
  KeypairRow row;
  row.id = app.uuid();
  row.user_id = user_of(request, "os_compute_api:os-keypairs:create",
                        named ? std::optional(text_of(*named)) : std::nullopt);
  row.name = std::string(base::trim(base::text_or(body, "name")));
  row.type = base::text_or(body, "type", "ssh");
  if (row.type != "ssh")
    throw Error(ErrorKind::not_implemented, "Only key pairs of type ssh are supported.");
  row.created_at = app.now();
  std::string private_key;
  if (base::find(body, "public_key")) {
    row.public_key = base::text_or(body, "public_key");
  } else {
    auto pair = platform::make_ssh_key_pair();
    row.public_key = std::move(pair.public_key);
    private_key = std::move(pair.private_key);
  }
  row.fingerprint = fingerprint_of(row.public_key);
  insert(app, row);
  base::JsonWriter json;
  json.begin_object();
  json.key("keypair");
  json.begin_object();
  write_common(json, row, request.context.version);
  json.field("user_id", row.user_id);
  if (!private_key.empty()) json.field("private_key", private_key);
  json.end_object();
  json.end_object();
  return answer(json, request.context.version >= kTypes ? 201 : 200);
}

Response remove_keypair(app::App& app, ApiRequest& request) {
  const std::string user = user_of_query(request, "os_compute_api:os-keypairs:delete");
  const std::string& name = request.parameter("name");
  const bool gone = app.database.write("keypair.delete", [&](platform::Session& session) {
    return store::delete_keypair(session, user, name);
  });
  if (!gone) not_found(fmt::format("Keypair {} not found for user {}", name, user));
  return openstack::empty_response(request.context.version >= kTypes ? 204 : 202);
}

std::string create_schema(std::string_view more) {
  return fmt::format(
      R"({{"type":"object","properties":{{"keypair":{{"type":"object","properties":{{)"
      R"("name":{{"type":"string","minLength":1,"maxLength":255,"format":"keypair_name_20"}},)"
      R"("public_key":{{"type":"string"}}{}}},"required":["name"],"additionalProperties":false}}}},)"
      R"("required":["keypair"],"additionalProperties":false}})",
      more);
}

}  // namespace

openstack::Routes keypair_routes(app::App& app) {
  static const std::string type = R"(,"type":{"type":"string","enum":["ssh","x509"]})";
  static const std::string user = R"(,"user_id":{"type":"string"})";
  static const openstack::Schema plain(create_schema(""));
  static const openstack::Schema typed(create_schema(type));
  static const openstack::Schema of_user(create_schema(type + user));
  constexpr std::string_view rule = "os_compute_api:os-keypairs:create";
  return {
      {"GET", "/os-keypairs", "os_compute_api:os-keypairs:index", bind(app, list_keypairs)},
      {"GET", "/os-keypairs/{name}", "os_compute_api:os-keypairs:show", bind(app, show_keypair)},
      {"POST", "/os-keypairs", rule, bind(app, create_keypair), &plain, kFirst, kFirst},
      {"POST", "/os-keypairs", rule, bind(app, create_keypair), &typed, kTypes, {2, 9}},
      {"POST", "/os-keypairs", rule, bind(app, create_keypair), &of_user, kOtherUsers, kLatest},
      {"DELETE", "/os-keypairs/{name}", "os_compute_api:os-keypairs:delete",
       bind(app, remove_keypair)},
  };
}

}  // namespace nova::api

#include "nova/api/server_rebuild.hpp"

#include "base/text.hpp"
#include "nova/api/server_schemas.hpp"
#include "nova/api/server_view.hpp"
#include "nova/app/servers.hpp"

namespace nova::api {
namespace {

using base::Json;

constexpr Microversion kKeyName{2, 54};
constexpr Microversion kUserData{2, 57};
constexpr Microversion kUniformDocuments{2, 75};

std::optional<std::string> text(const Json& body, std::string_view key) {
  const Json* value = base::find(body, key);
  if (!value || value->is_null()) return std::nullopt;
  return text_of(*value);
}

// Absent: as it is; null: none.
std::optional<std::optional<std::string>> nullable_text(const Json& body, std::string_view key) {
  if (!base::find(body, key)) return std::nullopt;
  return text(body, key);
}

app::Rebuild read_rebuild(const app::App& app, const Json& body) {
  if (base::find(body, "personality"))
    bad_request("Personality files are not supported: use user_data.");
  if (const Json* preserve = base::find(body, "preserve_ephemeral"); preserve && flag_of(*preserve))
    bad_request("The current driver does not support preserving ephemeral partitions.");
  app::Rebuild wanted;
  wanted.image_id = base::text_or(body, "imageRef");
  if (const auto name = text(body, "name")) wanted.name = std::string(base::trim(*name));
  wanted.description = nullable_text(body, "description");
  if (const Json* metadata = base::find(body, "metadata"))
    wanted.metadata = base::from_json<std::map<std::string, std::string>>(*metadata);
  wanted.access_ipv4 = text(body, "accessIPv4");
  wanted.access_ipv6 = text(body, "accessIPv6");
  if (wanted.access_ipv6) wanted.access_ipv6 = canonical_address(*wanted.access_ipv6);
  wanted.disk_config = text(body, "OS-DCF:diskConfig");
  wanted.key_name = nullable_text(body, "key_name");
  wanted.user_data = nullable_text(body, "user_data");
  wanted.admin_password =
      text(body, "adminPass").value_or(app::generated_password(app.runtime.random));
  return wanted;
}

void check_body(const ApiRequest& request) {
  const Microversion version = request.context.version;
  for (const VersionedSchema& row : rebuild_server_schemas())
    if (version >= row.from && version <= row.until) row.schema->validate(request.body);
}

}  // namespace

Response rebuild(app::App& app, ApiRequest& request, const std::string& server_id,
                 const Json& argument) {
  check_body(request);
  const app::Rebuild wanted = read_rebuild(app, argument);
  const auto server = app::rebuild_server(app, request.context, server_id, wanted);
  ServerView view(app, request, ServerDocument::rebuild);
  std::string user_data;
  app.database.read([&](platform::Session& session) {
    view.prepare(session, {&server, 1});
    user_data = store::get_instance_system(session, server.id).user_data;
  });
  const Microversion version = request.context.version;
  base::JsonWriter json;
  json.begin_object();
  json.key("server");
  view.write(json, server, [&] {
    json.field("adminPass", wanted.admin_password);
    if (version >= kKeyName && version < kUniformDocuments) json.field("key_name", server.key_name);
    if (version >= kUserData) write_text_or_null(json, "user_data", user_data);
  });
  json.end_object();
  Response response = answer(json, 202);
  response.headers.set("Location", server_url(request.http) + server.id);
  return response;
}

}  // namespace nova::api

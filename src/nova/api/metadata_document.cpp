#include "nova/api/metadata_document.hpp"

#include <fmt/format.h>

#include "nova/app/quotas.hpp"

namespace nova::api {
namespace {

constexpr std::string_view kItems =
    R"({"type":"object","patternProperties":{"^[a-zA-Z0-9-_:. ]{1,255}$":)"
    R"({"type":"string","maxLength":255}},"additionalProperties":false)";

}  // namespace

Response answer_metadata(const Metadata& metadata) {
  base::JsonWriter json;
  json.begin_object();
  json.field("metadata", base::to_json(metadata));
  json.end_object();
  return answer(json);
}

Response answer_metadata_item(const std::string& key, const std::string& value) {
  base::JsonWriter json;
  json.begin_object();
  json.key("meta");
  json.begin_object();
  json.field(key, value);
  json.end_object();
  json.end_object();
  return answer(json);
}

const openstack::Schema& metadata_schema() {
  static const openstack::Schema schema(
      fmt::format(R"({{"type":"object","properties":{{"metadata":{}}}}},"required":["metadata"],)"
                  R"("additionalProperties":false}})",
                  kItems));
  return schema;
}

const openstack::Schema& metadata_item_schema() {
  static const openstack::Schema schema(fmt::format(
      R"({{"type":"object","properties":{{"meta":{},"minProperties":1,"maxProperties":1}}}},)"
      R"("required":["meta"],"additionalProperties":false}})",
      kItems));
  return schema;
}

std::string metadata_item(const ApiRequest& request, const std::string& key) {
  const auto meta = base::from_json<Metadata>(inner(request, "meta"));
  const auto found = meta.find(key);
  if (found == meta.end()) bad_request("Request body and URI mismatch");
  return found->second;
}

void check_metadata_limit(app::App& app, const ApiRequest& request, size_t items) {
  const auto limits = app.database.read([&](platform::Session& session) {
    return app::project_limits(session, app.settings, request.context.project_id());
  });
  const int64_t limit = limits.at("metadata_items");
  if (limit >= 0 && static_cast<int64_t>(items) > limit)
    throw base::Error(base::ErrorKind::forbidden,
                      fmt::format("Maximum number of metadata items exceeds {}", limit));
}

}  // namespace nova::api

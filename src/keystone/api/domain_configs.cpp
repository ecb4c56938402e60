// /domains/{domain_id}/config and its groups and options.
#include "keystone/app/domain_configs.hpp"

#include "keystone/api/common.hpp"
#include "keystone/api/routes.hpp"

namespace keystone::api {
namespace {

using app::DomainConfig;

const Schema& config_schema() {
  static const Schema schema = entity_schema("config", {});
  return schema;
}

enum class Depth { whole, group, option };

[[noreturn]] void refuse_missing(const std::string& what, const std::string& where) {
  throw base::Error(
      base::ErrorKind::not_found,
      fmt::format("Could not find {} in domain configuration for domain {}.", what, where));
}

JsonObject options_view(const std::map<std::string, Json>& options) {
  JsonObject view;
  for (const auto& [option, value] : options) view[option] = value;
  return view;
}

// {"config": all groups | {GROUP: options} | {OPTION: value}}.
Response config_response(const ApiRequest& request, const DomainConfig& config, Depth depth,
                         const std::string& where, int status = 200) {
  JsonObject view;
  if (depth == Depth::whole) {
    if (config.empty()) refuse_missing("any options", where);
    for (const auto& [group, options] : config) view[group] = options_view(options);
    return entity_response(status, "config", std::move(view));
  }
  const std::string& group = request.parameter("group");
  const auto found = config.find(group);
  if (found == config.end()) refuse_missing("group " + group, where);
  if (depth == Depth::group) {
    view[group] = options_view(found->second);
    return entity_response(status, "config", std::move(view));
  }
  const std::string& option = request.parameter("option");
  const auto value = found->second.find(option);
  if (value == found->second.end())
    refuse_missing(fmt::format("option {} in group {}", option, group), where);
  view[option] = value->second;
  return entity_response(status, "config", std::move(view));
}

template <Depth depth>
Response show_domain_config(Core& core, ApiRequest& request) {
  const std::string& domain_id = request.parameter("domain_id");
  return config_response(request, app::find_domain_config(core, domain_id), depth, domain_id);
}

template <Depth depth>
Response show_default(Core&, ApiRequest& request) {
  const DomainConfig& defaults = app::default_domain_config();
  if (depth != Depth::whole && !defaults.contains(request.parameter("group")))
    throw base::Error(base::ErrorKind::forbidden,
                      fmt::format("Group {} is not supported for domain specific configurations",
                                  request.parameter("group")));
  return config_response(request, defaults, depth, "default");
}

Response replace(Core& core, ApiRequest& request) {
  const std::string& domain_id = request.parameter("domain_id");
  const bool is_new = app::replace_domain_config(
      core, domain_id, app::parse_domain_config(entity_of(request, "config")));
  return config_response(request, app::find_domain_config(core, domain_id), Depth::whole, domain_id,
                         is_new ? 201 : 200);
}

// The body of a group or an option must speak of that one.
Json body_of(const ApiRequest& request, Depth depth) {
  const Json& body = entity_of(request, "config");
  if (depth == Depth::whole) return body;
  const std::string& group = request.parameter("group");
  const std::string& key = depth == Depth::group ? group : request.parameter("option");
  const Json* value = base::find(body, key);
  if (!value || body.as_object().size() != 1)
    throw base::Error(base::ErrorKind::bad_request,
                      fmt::format("The body must contain \"{}\" alone, as the URL does.", key));
  return depth == Depth::group ? body : Json(JsonObject{{group, body}});
}

template <Depth depth>
Response update_domain_config(Core& core, ApiRequest& request) {
  const std::string& domain_id = request.parameter("domain_id");
  // What is to be updated must be there.
  if (depth != Depth::whole)
    (void)config_response(request, app::find_domain_config(core, domain_id), depth, domain_id);
  app::update_domain_config(core, domain_id, app::parse_domain_config(body_of(request, depth)));
  return config_response(request, app::find_domain_config(core, domain_id), Depth::whole,
                         domain_id);
}

template <Depth depth>
Response remove_domain_config(Core& core, ApiRequest& request) {
  app::delete_domain_config(core, request.parameter("domain_id"),
                            depth == Depth::whole ? "" : request.parameter("group"),
                            depth == Depth::option ? request.parameter("option") : "");
  return openstack::empty_response(204);
}

}  // namespace

Routes domain_config_routes(Core& core) {
  const Bind on(core);
  constexpr std::string_view kWhole = "/domains/{domain_id}/config";
  constexpr std::string_view kGroup = "/domains/{domain_id}/config/{group}";
  constexpr std::string_view kOption = "/domains/{domain_id}/config/{group}/{option}";
  constexpr std::string_view kGet = "identity:get_domain_config";
  constexpr std::string_view kGetDefault = "identity:get_domain_config_default";
  constexpr std::string_view kUpdate = "identity:update_domain_config";
  constexpr std::string_view kDelete = "identity:delete_domain_config";
  return {
      {"GET", "/domains/config/default", kGetDefault, on(show_default<Depth::whole>)},
      {"GET", "/domains/config/{group}/default", kGetDefault, on(show_default<Depth::group>)},
      {"GET", "/domains/config/{group}/{option}/default", kGetDefault,
       on(show_default<Depth::option>)},
      {"GET", kWhole, kGet, on(show_domain_config<Depth::whole>)},
      {"PUT", kWhole, "identity:create_domain_config", on(replace), &config_schema()},
      {"PATCH", kWhole, kUpdate, on(update_domain_config<Depth::whole>), &config_schema()},
      {"DELETE", kWhole, kDelete, on(remove_domain_config<Depth::whole>)},
      {"GET", kGroup, kGet, on(show_domain_config<Depth::group>)},
      {"PATCH", kGroup, kUpdate, on(update_domain_config<Depth::group>), &config_schema()},
      {"DELETE", kGroup, kDelete, on(remove_domain_config<Depth::group>)},
      {"GET", kOption, kGet, on(show_domain_config<Depth::option>)},
      {"PATCH", kOption, kUpdate, on(update_domain_config<Depth::option>), &config_schema()},
      {"DELETE", kOption, kDelete, on(remove_domain_config<Depth::option>)},
  };
}

}  // namespace keystone::api

// /users and what hangs below a user; /groups.
#include "keystone/app/users.hpp"

#include "keystone/api/common.hpp"
#include "keystone/api/routes.hpp"
#include "keystone/api/views.hpp"
#include "keystone/app/assignments.hpp"
#include "keystone/store/projects.hpp"
#include "keystone/store/users.hpp"

namespace keystone::api {
namespace {

using store::Group;
using store::User;

constexpr std::string_view kPassword = R"({"type":["string","null"]})";

const Schema& user_create() {
  static const Schema schema = entity_schema("user",
                                             {{"name", kName},
                                              {"domain_id", kId},
                                              {"default_project_id", kIdOrNull},
                                              {"password", kPassword},
                                              {"enabled", kFlag},
                                              {"description", kTextOrNull},
                                              {"options", kObject}},
                                             {"name"});
  return schema;
}
const Schema& user_update() {
  static const Schema schema = entity_schema("user",
                                             {{"name", kName},
                                              {"domain_id", kId},
                                              {"default_project_id", kIdOrNull},
                                              {"password", kPassword},
                                              {"enabled", kFlag},
                                              {"description", kTextOrNull},
                                              {"options", kObject}},
                                             {}, 1);
  return schema;
}
const Schema& password_change() {
  static const Schema schema =
      entity_schema("user", {{"original_password", kText}, {"password", kText}},
                    {"original_password", "password"});
  return schema;
}
const Schema& group_create() {
  static const Schema schema = entity_schema(
      "group", {{"name", kName}, {"domain_id", kId}, {"description", kText}}, {"name"});
  return schema;
}
const Schema& group_update() {
  static const Schema schema =
      entity_schema("group", {{"name", kName}, {"domain_id", kId}, {"description", kText}}, {}, 1);
  return schema;
}

// What identifies a row does not change.
void refuse_move(const Json& body, std::string_view kind, const std::string& id,
                 const std::string& domain_id) {
  const Json* sent_id = base::find(body, "id");
  if (sent_id && base::text_or(body, "id") != id)
    throw base::Error(base::ErrorKind::bad_request, fmt::format("Cannot change {} ID", kind));
  if (base::find(body, "domain_id") && base::text_or(body, "domain_id") != domain_id)
    throw base::Error(base::ErrorKind::bad_request, "Cannot change Domain ID");
}

void apply(const Json& body, User& user) {
  take(body, "name", user.name);
  take(body, "enabled", user.enabled);
  take(body, "default_project_id", user.default_project_id);
  take_extra(body, {"name", "domain_id", "enabled", "default_project_id", "password"}, user.extra);
  take_options(body, user.options);
}

std::optional<std::string> password_in(const Json& body) {
  std::optional<std::string> password;
  take(body, "password", password);
  return password;
}

void apply(const Json& body, Group& group) {
  take(body, "name", group.name);
  take(body, "description", group.description);
  take_extra(body, {"name", "domain_id", "description"}, group.extra);
}

JsonObject group_view(const Group& group, const std::string& base) {
  JsonObject view = start_view(group.extra, base + "/groups/" + group.id);
  view["id"] = group.id;
  view["name"] = group.name;
  view["domain_id"] = group.domain_id;
  view["description"] = group.description;
  return view;
}

// "lt:2016-12-08T22:02:00Z" and its like.
void take_expiry_filter(const ApiRequest& request, store::UserFilter& filter) {
  for (const std::string_view value : request.query.all("password_expires_at")) {
    const size_t colon = value.find(':');
    const std::string_view operation = value.substr(0, colon);
    const auto time = base::parse_time(
        operation.size() < 3 && colon != std::string_view::npos ? value.substr(colon + 1) : value);
    if (!time)
      throw base::Error(base::ErrorKind::bad_request,
                        fmt::format("Unable to parse timestamp: {}", value));
    if (operation == "lt" || operation == "lte") filter.password_expires_before = *time;
    if (operation == "gt" || operation == "gte") filter.password_expires_after = *time;
  }
}

Response list_users(Core& core, ApiRequest& request) {
  store::UserFilter filter;
  filter.domain_id = text_filter(request, "domain_id");
  filter.name = text_filter(request, "name");
  filter.enabled = flag_filter(request, "enabled");
  take_expiry_filter(request, filter);
  return list_users_response(core, request, [&](platform::Session& session) {
    return store::list_users(session, filter);
  });
}

Response show_user(Core& core, ApiRequest& request) {
  const std::string& id = request.parameter("user_id");
  request.authorize("identity:get_user", {{"user_id", id}});
  return user_response(core, request, 200, id);
}

Response create_user(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "user");
  User user;
  user.domain_id = base::text_or(body, "domain_id", domain_of_scope(core, request));
  apply(body, user);
  return user_response(core, request, 201, app::create_user(core, user, password_in(body)).id);
}

Response update_user(Core& core, ApiRequest& request) {
  const std::string& id = request.parameter("user_id");
  const Json& body = entity_of(request, "user");
  (void)app::update_user(
      core, id,
      [&](User& user) {
        refuse_move(body, "user", user.id, user.domain_id);
        apply(body, user);
      },
      password_in(body));
  return user_response(core, request, 200, id);
}

Response delete_user(Core& core, ApiRequest& request) {
  app::delete_user(core, request.parameter("user_id"));
  return openstack::empty_response(204);
}

// Public: an expired password can be changed by whoever knows it.
Response change_password(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "user");
  app::change_password(core, request.parameter("user_id"),
                       base::get_text(body, "original_password"), base::get_text(body, "password"));
  return openstack::empty_response(204);
}

Response list_groups_of_user(Core& core, ApiRequest& request) {
  const std::string& id = request.parameter("user_id");
  request.authorize("identity:list_groups_for_user", {{"user_id", id}});
  const auto groups = core.read([&](platform::Session& session) {
    (void)store::get_by_id<User>(session, id);
    return store::list_groups_of_user(session, id, text_filter(request, "name"));
  });
  return list_response(core, request, "groups", groups, group_view);
}

Response list_projects_of_user(Core& core, ApiRequest& request) {
  const std::string& id = request.parameter("user_id");
  request.authorize("identity:list_user_projects", {{"user_id", id}});
  return list_projects_response(core, request, [&](platform::Session& session) {
    (void)store::get_by_id<User>(session, id);
    return app::list_projects_of_user(session, id);
  });
}

Response list_groups(Core& core, ApiRequest& request) {
  const auto groups = core.read([&](platform::Session& session) {
    store::Conditions where;
    where.equal_if("domain_id", text_filter(request, "domain_id"))
        .equal_if("name", text_filter(request, "name"));
    return store::list<Group>(session, where);
  });
  return list_response(core, request, "groups", groups, group_view);
}

Response show_group(Core& core, ApiRequest& request) {
  const auto group = core.read([&](platform::Session& session) {
    return store::get_by_id<Group>(session, request.parameter("group_id"));
  });
  return entity_response(200, "group", group_view(group, url_base(core, request)));
}

Response create_group(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "group");
  Group group;
  group.domain_id = base::text_or(body, "domain_id", domain_of_scope(core, request));
  apply(body, group);
  return entity_response(201, "group",
                         group_view(app::create_group(core, group), url_base(core, request)));
}

Response update_group(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "group");
  const Group group = app::update_group(core, request.parameter("group_id"), [&](Group& row) {
    refuse_move(body, "group", row.id, row.domain_id);
    apply(body, row);
  });
  return entity_response(200, "group", group_view(group, url_base(core, request)));
}

Response delete_group(Core& core, ApiRequest& request) {
  app::delete_group(core, request.parameter("group_id"));
  return openstack::empty_response(204);
}

Response list_members(Core& core, ApiRequest& request) {
  const std::string& id = request.parameter("group_id");
  return list_users_response(core, request, [&](platform::Session& session) {
    (void)store::get_by_id<Group>(session, id);
    return store::list_users_of_group(session, id);
  });
}

Response add_member(Core& core, ApiRequest& request) {
  app::add_member(core, request.parameter("group_id"), request.parameter("user_id"));
  return openstack::empty_response(204);
}

Response check_member(Core& core, ApiRequest& request) {
  const std::string& user_id = request.parameter("user_id");
  request.authorize("identity:check_user_in_group", {{"user_id", user_id}});
  app::check_member(core, request.parameter("group_id"), user_id);
  return openstack::empty_response(204);
}

Response remove_member(Core& core, ApiRequest& request) {
  app::remove_member(core, request.parameter("group_id"), request.parameter("user_id"));
  return openstack::empty_response(204);
}

}  // namespace

Routes users_routes(Core& core) {
  const Bind on(core);
  return {
      {"GET", "/users", "identity:list_users", on(list_users)},
      {"POST", "/users", "identity:create_user", on(create_user), &user_create()},
      {"GET", "/users/{user_id}", "identity:get_user", on(show_user)},
      {"PATCH", "/users/{user_id}", "identity:update_user", on(update_user), &user_update()},
      {"DELETE", "/users/{user_id}", "identity:delete_user", on(delete_user)},
      {"POST", "/users/{user_id}/password", openstack::kPublic, on(change_password),
       &password_change()},
      {"GET", "/users/{user_id}/groups", "identity:list_groups_for_user", on(list_groups_of_user)},
      {"GET", "/users/{user_id}/projects", "identity:list_user_projects",
       on(list_projects_of_user)},
  };
}

Routes groups_routes(Core& core) {
  const Bind on(core);
  return {
      {"GET", "/groups", "identity:list_groups", on(list_groups)},
      {"POST", "/groups", "identity:create_group", on(create_group), &group_create()},
      {"GET", "/groups/{group_id}", "identity:get_group", on(show_group)},
      {"PATCH", "/groups/{group_id}", "identity:update_group", on(update_group), &group_update()},
      {"DELETE", "/groups/{group_id}", "identity:delete_group", on(delete_group)},
      {"GET", "/groups/{group_id}/users", "identity:list_users_in_group", on(list_members)},
      {"PUT", "/groups/{group_id}/users/{user_id}", "identity:add_user_to_group", on(add_member)},
      {"GET", "/groups/{group_id}/users/{user_id}", "identity:check_user_in_group",
       on(check_member)},
      {"DELETE", "/groups/{group_id}/users/{user_id}", "identity:remove_user_from_group",
       on(remove_member)},
  };
}

}  // namespace keystone::api

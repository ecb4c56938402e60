// Tasks: what goes on after a request was answered. Clients make them by importing.
#include <fmt/core.h>

#include "glance/api/image_api.hpp"
#include "glance/task_messages.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;
using openstack::ApiRequest;
using platform::http::Response;

// What both an entry of a list and a task by itself have.
void write_members(base::JsonWriter& json, const Task& task) {
  json.field("id", task.id);
  json.field("type", task.type);
  json.field("status", task.status);
  json.field("owner", task.owner);
  json.field("image_id", task.image_id);
  json.field("request_id", task.request_id);
  json.field("user_id", task.user_id);
  if (task.expires_at) json.field("expires_at", base::format_seconds(*task.expires_at));
  json.field("created_at", base::format_seconds(task.created_at));
  json.field("updated_at", base::format_seconds(task.updated_at));
}

void write_details(base::JsonWriter& json, const Task& task) {
  json.field("input", base::to_json(task.input));
  json.key("result");
  if (task.status == kTaskSuccess)
    json.value(base::Json{{"image_id", task.image_id}});
  else
    json.value(nullptr);
  json.field("message", task.message);
}

void write_links(base::JsonWriter& json, const Task& task) {
  json.joined("self", {"/v2/tasks/", task.id});
  json.field("schema", "/v2/schemas/task");
}

Response list_tasks(const ImageApi& api, const ApiRequest& request) {
  openstack::PageRules rules;
  rules.max_limit = api.max_limit;
  rules.default_limit = api.default_limit;
  const openstack::Page page = openstack::parse_page(request.query, rules);
  const std::string status(request.query.get("status").value_or(""));
  ListTasks list{"", status, page.marker, page.limit.value_or(api.default_limit)};
  const auto tasks = api.registry(request.context, list).tasks;
  base::JsonWriter json;
  json.begin_object();
  json.key("tasks");
  json.begin_array();
  for (const Task& task : tasks) {
    json.begin_object();
    write_members(json, task);
    write_links(json, task);
    json.end_object();
  }
  json.end_array();
  json.field("first", first_page_url("/v2/tasks", request));
  if (!tasks.empty() && static_cast<int64_t>(tasks.size()) == list.limit)
    json.field("next", openstack::next_page_url("", request.http, tasks.back().id));
  json.field("schema", "/v2/schemas/tasks");
  json.end_object();
  return openstack::json_response(200, json.take());
}

Response show_task(const ImageApi& api, const ApiRequest& request) {
  const Task task = api.registry(request.context, GetTask{request.parameter("task_id")});
  base::JsonWriter json;
  json.begin_object();
  write_members(json, task);
  write_details(json, task);
  write_links(json, task);
  json.end_object();
  return openstack::json_response(200, json.take());
}

Response list_tasks_of_image(const ImageApi& api, const ApiRequest& request) {
  const Image image = api.visible_image(request);
  base::JsonWriter json;
  json.begin_object();
  json.key("tasks");
  json.begin_array();
  for (const Task& task :
       api.registry(request.context, ListTasks{image.id, "", "", api.max_limit}).tasks) {
    json.begin_object();
    write_members(json, task);
    write_details(json, task);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return openstack::json_response(200, json.take());
}

Response delete_task(const ApiRequest&) {
  throw Error(ErrorKind::method_not_allowed,
              "This operation is currently not permitted on Glance Tasks. They are auto deleted "
              "after reaching the time based on their expires_at property.");
}

}  // namespace

openstack::Routes task_routes(const ImageApi& api) {
  return {
      {"GET", "/tasks", "tasks_api_access", [&api](ApiRequest& r) { return list_tasks(api, r); }},
      {"GET", "/tasks/{task_id}", "tasks_api_access",
       [&api](ApiRequest& r) { return show_task(api, r); }},
      {"DELETE", "/tasks/{task_id}", "tasks_api_access", delete_task},
      {"GET", "/images/{image_id}/tasks", "get_image",
       [&api](ApiRequest& r) { return list_tasks_of_image(api, r); }},
  };
}

}  // namespace glance::api

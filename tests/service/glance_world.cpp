#include "glance_world.hpp"

#include "service_database.hpp"
#include "temporary_directory.hpp"

namespace tests {
GlanceWorld::GlanceWorld(Stores stores, const std::vector<GlanceOption>& options)
    : directory_("glance"),
      runtime_{platform::system_executor(), platform::system_clock(), platform::system_random(),
               platform::null_tracer(), "host"},
      database_(service_database::make(glance::store::migrations())),
      config_({glance::options()}) {
  openstack::FernetKeys::ensure(directory_.path() + "/keys", runtime_.random);
  tokens_ = std::make_unique<openstack::Tokens>(directory_.path() + "/keys", runtime_,
                                                std::make_shared<openstack::Revocations>());
  config_.set("glance_store", "filesystem_store_datadir", directory_.path() + "/images");
  if (stores == Stores::two) {
    config_.set("DEFAULT", "enabled_backends", "fast:file,slow:file");
    config_.set("glance_store", "default_backend", "fast");
    config_.set("fast", "filesystem_store_datadir", directory_.path() + "/images");
    config_.set("slow", "filesystem_store_datadir", directory_.path() + "/slow");
    config_.set("slow", "store_description", "slow but large");
  }
  for (const GlanceOption& option : options) config_.set(option.group, option.name, option.value);
  bus_ = platform::make_in_process_bus(runtime_);
  registry_ = glance::make_glance_registry(environment());
  api_ = glance::make_glance_api(environment());
}

GlanceWorld::~GlanceWorld() {
  other_api_.reset();
  api_.reset();
  registry_.reset();
  bus_.reset();
}

openstack::RoleEnvironment GlanceWorld::environment() {
  return {runtime_, *bus_, database_.get(), transport_, config_, tokens_.get()};
}

void GlanceWorld::start_another_api() { other_api_ = glance::make_glance_api(environment()); }

platform::http::Response GlanceWorld::upload(const std::string& project,
                                             const std::string& image_id,
                                             std::shared_ptr<platform::http::BodyReader> reader) {
  platform::http::Request request;
  request.method = "PUT";
  request.path = "/v2/images/" + image_id + "/file";
  request.headers.set("X-Auth-Token", token_for(project));
  request.headers.set("Content-Type", "application/octet-stream");
  request.stream = std::move(reader);
  return api_->api()->handle(request);
}

std::string GlanceWorld::content(const platform::http::Response& response) {
  platform::http::Response body;
  body.body = response.body;
  body.stream = response.stream;
  const auto reader = platform::http::take_body(body);
  std::string text;
  std::string buffer(size_t{1} << 16, '\0');
  while (const size_t count = reader->read(buffer.data(), buffer.size()))
    text.append(buffer, 0, count);
  return text;
}

bool GlanceWorld::soon(const std::function<bool()>& condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    ::usleep(10'000);
  }
  return condition();
}

std::string GlanceWorld::token_for(const std::string& project) {
  openstack::TokenData token;
  token.identity.user_id = "user-of-" + project;
  token.identity.project_id = project;
  token.identity.roles = {"member", "reader"};
  if (project == "admin" || project == "service") token.identity.roles.push_back("admin");
  if (project == "service") token.identity.roles.push_back("service");
  token.issued_at = runtime_.clock.now();
  token.expires_at = token.issued_at + std::chrono::hours{1};
  token.audit_ids = {"audit"};
  return tokens_->issue(token);
}

platform::http::Response GlanceWorld::send(const std::string& project, const std::string& method,
                                           const std::string& target, const std::string& body,
                                           const std::string& type,
                                           const platform::http::Headers& more) {
  platform::http::Request request;
  request.headers = more;
  request.method = method;
  const size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string::npos) request.query_text = target.substr(question + 1);
  request.headers.set("X-Auth-Token", token_for(project));
  request.headers.set("Accept", "application/json");
  if (!body.empty()) request.headers.set("Content-Type", type);
  if (api_->api()->streams(request)) {
    request.stream = platform::http::make_text_reader(body);
    request.content_length = body.size();
  } else {
    request.body = body;
  }
  return api_->api()->handle(request);
}

}  // namespace tests

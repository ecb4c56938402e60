#include "cinder_world.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "base/text.hpp"
#include "platform/crypto.hpp"
#include "platform/database/rows.hpp"
#include "service_database.hpp"
#include "temporary_directory.hpp"

namespace cinder_tests {
namespace {

std::string project_id(const std::string& name) { return base::to_hex(platform::md5(name)); }

platform::http::Response sign_in(platform::http::Request&) {
  auto response =
      openstack::json_response(201, R"({"token":{"expires_at":"2099-01-01T00:00:00.000000Z"}})");
  response.headers.set("X-Subject-Token", "service-token");
  return response;
}

std::string sha512(const std::string& bytes) {
  platform::Digest digest("sha512");
  digest.update(bytes);
  return digest.finish_hex();
}

}  // namespace

CinderWorld::CinderWorld(const WorldOptions& options)
    : directory_("cinder"),
      runtime_{platform::system_executor(), platform::system_clock(), platform::system_random(),
               platform::null_tracer(), "host"},
      database_(service_database::make(cinder::store::migrations())),
      config_({cinder::options(), cinder::volume::options()}) {
  openstack::FernetKeys::ensure(directory_.path() + "/keys", runtime_.random);
  tokens_ = std::make_unique<openstack::Tokens>(directory_.path() + "/keys", runtime_,
                                                std::make_shared<openstack::Revocations>());
  config_.set("DEFAULT", "state_path", directory_.path() + "/volumes");
  config_.set("DEFAULT", "target_helper", "fake");
  for (const auto& [name, value] : options.config) {
    const size_t slash = name.find('/');
    config_.set(name.substr(0, slash), name.substr(slash + 1), value);
  }
  config_.set("service_user", "auth_url", "http://keystone.test:5000/v3");
  config_.set("DEFAULT", "glance_api_servers", "http://glance.test:9292");
  transport_.add("http://keystone.test:5000", sign_in);
  transport_.add("http://glance.test:9292",
                 [this](platform::http::Request& request) { return answer_as_glance(request); });
  bus_ = platform::make_in_process_bus(runtime_);
  start_scheduler_role();
  api_ = cinder::make_cinder_api(environment());
  start_volume_role();
}

CinderWorld::~CinderWorld() {
  api_.reset();
  volume_.reset();
  cinder::volume::clean_host(config_);
  scheduler_.reset();
  bus_.reset();
}

openstack::RoleEnvironment CinderWorld::environment() {
  return {runtime_, *bus_, database_.get(), transport_, config_, tokens_.get()};
}

// The scheduler knows the back ends when this returns.
void CinderWorld::start_volume_role() {
  const auto backends = static_cast<int64_t>(config_.list("DEFAULT", "enabled_backends").size());
  volume_ = cinder::volume::make_cinder_volume(environment());
  for (int i = 0; i < 2000; ++i) {
    if (count("SELECT COUNT(*) FROM pools") >= backends) return;
    runtime_.executor.sleep_for(std::chrono::milliseconds{5});
  }
  throw std::runtime_error("no pool was reported");
}

void CinderWorld::start_scheduler_role() {
  scheduler_ = cinder::make_cinder_scheduler(environment());
}

std::string CinderWorld::token_for(const std::string& project) {
  openstack::TokenData token;
  token.identity.user_id = project_id("user of " + project);
  token.identity.project_id = project_id(project);
  token.identity.roles = {"member", "reader"};
  if (project == "admin") token.identity.roles.push_back("admin");
  token.issued_at = runtime_.clock.now();
  token.expires_at = token.issued_at + std::chrono::hours{1};
  token.audit_ids = {"audit"};
  return tokens_->issue(token);
}

Answer CinderWorld::send(const std::string& project, const std::string& method,
                         const std::string& target, const std::string& body,
                         const std::string& version,
                         const std::map<std::string, std::string>& headers) {
  platform::http::Request request;
  request.method = method;
  platform::http::set_target(request, target);
  request.headers.set("X-Auth-Token", token_for(project));
  request.headers.set("Host", "cloud.test:8776");
  if (!version.empty()) request.headers.set("OpenStack-API-Version", "volume " + version);
  if (!body.empty()) request.headers.set("Content-Type", "application/json");
  for (const auto& [name, value] : headers) request.headers.set(name, value);
  request.body = body;
  const auto response = api_->api()->handle(request);
  Answer answer;
  answer.status = response.status;
  answer.headers = response.headers;
  answer.body = response.body;
  if (!response.body.empty()) answer.json = base::parse_json(response.body);
  return answer;
}

void CinderWorld::add_image(const std::string& id, const std::string& bytes,
                            const std::string& status) {
  const std::lock_guard lock(images_mutex_);
  images_[id] = base::JsonObject{{"id", id},
                                 {"name", "image"},
                                 {"status", status},
                                 {"visibility", "public"},
                                 {"disk_format", "raw"},
                                 {"container_format", "bare"},
                                 {"os_hash_value", sha512(bytes)},
                                 {"size", bytes.size()},
                                 {"min_disk", 0},
                                 {"hw_disk_bus", "scsi"},
                                 {"data", bytes}};
}

void CinderWorld::damage_image(const std::string& id) {
  const std::lock_guard lock(images_mutex_);
  images_[id].as_object()["data"] = "damaged";
}

void CinderWorld::add_location(const std::string& id, const std::string& url) {
  const std::lock_guard lock(images_mutex_);
  auto& locations = images_.at(id).as_object()["its_locations"];
  if (!locations.is_array()) locations = base::JsonArray();
  locations.as_array().push_back(base::JsonObject{{"url", url}, {"metadata", base::JsonObject()}});
}

base::Json CinderWorld::image(const std::string& id) {
  const std::lock_guard lock(images_mutex_);
  const auto found = images_.find(id);
  return found == images_.end() ? base::Json() : found->second;
}

size_t CinderWorld::count_images() {
  const std::lock_guard lock(images_mutex_);
  return images_.size();
}

// Keeps the beginning of what comes, and its length.
platform::http::Response CinderWorld::take_image_data(platform::http::Request& request,
                                                      base::Json& image) {
  if (refuses_uploads_) return openstack::json_response(503, R"({"message":"full"})");
  if (base::text_or(image, "status") != "queued")
    return openstack::json_response(409, R"({"message":"not queued"})");
  const auto reader = platform::http::take_body(request);
  std::string chunk(1 << 20, '\0');
  std::string data;
  int64_t size = 0;
  while (const size_t count = reader->read(chunk.data(), chunk.size())) {
    if (data.empty()) data = chunk.substr(0, std::min<size_t>(count, 64));
    size += static_cast<int64_t>(count);
  }
  image.as_object()["data"] = data;
  image.as_object()["size"] = size;
  image.as_object()["status"] = "active";
  return openstack::empty_response(204);
}

platform::http::Response CinderWorld::answer_for_image(const platform::http::Request& request,
                                                       const std::string& id) {
  if (request.method == "DELETE") {
    images_.erase(id);
    return openstack::empty_response(204);
  }
  if (request.method == "PATCH") images_[id].as_object()["protected"] = false;
  return openstack::json_response(200, base::to_text(images_[id]));
}

platform::http::Response CinderWorld::answer_as_glance(platform::http::Request& request) {
  constexpr std::string_view kImages = "/v2/images/";
  const std::lock_guard lock(images_mutex_);
  if (request.method == "POST") {
    base::Json made = base::parse_json(request.body);
    for (const char* const read_only : {"os_hash_value", "status", "locations"})
      if (base::find(made, read_only))
        return openstack::json_response(403, R"({"message":"Attribute is read-only."})");
    made.as_object()["status"] = "queued";
    const std::string id = base::text_or(made, "id");
    images_[id] = std::move(made);
    at_new_images_();
    return openstack::json_response(201, base::to_text(images_[id]));
  }
  for (auto& [id, image] : images_) {
    if (request.path == std::string(kImages) + id + "/file") {
      if (request.method == "PUT") return take_image_data(request, image);
      platform::http::Response response;
      response.body = base::text_or(image, "data");
      return response;
    }
    if (request.path == std::string(kImages) + id + "/locations") {
      const base::Json* locations = base::find(image, "its_locations");
      return openstack::json_response(200, locations ? base::to_text(*locations) : "[]");
    }
    if (request.path == std::string(kImages) + id) return answer_for_image(request, id);
  }
  return openstack::json_response(404, R"({"message":"No image found","code":"404 Not Found"})");
}

std::string CinderWorld::make_volume(const std::string& members) {
  const std::string sized = members.find("\"size\"") == std::string::npos ? R"("size":1)" : "";
  const std::string comma = members.empty() || sized.empty() ? "" : ",";
  const auto made = post("/v3/volumes", R"({"volume":{)" + members + comma + sized + "}}");
  if (made.status != 202) throw std::runtime_error(made.body);
  const std::string id = made.text("volume", "id");
  if (!wait_for("/v3/volumes/" + id, "available"))
    throw std::runtime_error(get("/v3/volumes/" + id).body);
  return id;
}

std::string CinderWorld::make_snapshot(const std::string& volume) {
  const auto made =
      post("/v3/snapshots", R"({"snapshot":{"volume_id":")" + volume + R"(","name":"s"}})");
  if (made.status != 202) throw std::runtime_error(made.body);
  const std::string id = made.text("snapshot", "id");
  if (!wait_for("/v3/snapshots/" + id, "available"))
    throw std::runtime_error(get("/v3/snapshots/" + id).body);
  return id;
}

bool CinderWorld::wait_for(const std::string& path, const std::string& status,
                           const std::string& version) {
  for (int i = 0; i < 2000; ++i) {
    const auto shown = send("admin", "GET", path, "", version);
    if (shown.status == 404) return status == "gone";
    const auto& resource = shown.json.as_object().begin()->value();
    if (base::text_or(resource, "status") == status) return true;
    runtime_.executor.sleep_for(std::chrono::milliseconds{5});
  }
  return false;
}

std::string CinderWorld::explain(const std::string& id) {
  return cinder::explain(service_database::beneath(*database_), id).value_or("");
}

void CinderWorld::run_statement(const std::string& sql) {
  service_database::beneath(*database_).write("test", [&](platform::Session& session) {
    session.execute(sql, {});
  });
}

int64_t CinderWorld::count(const std::string& sql) {
  return service_database::beneath(*database_).read([&](platform::Session& session) {
    return platform::number(session, sql);
  });
}

std::string CinderWorld::path(const std::string& name, const std::string& backend) const {
  return directory_.path() + "/volumes/" + backend + "/" + name;
}

std::vector<std::string> CinderWorld::files(const std::string& backend) const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path("", backend)))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace cinder_tests

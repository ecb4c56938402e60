// A compute host of fakes that remember what was made, with Neutron beside it: for tests.
#pragma once

#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "nova/compute/fake_disks.hpp"
#include "nova/compute/host.hpp"
#include "nova/drivers/hypervisor/fake/fake.hpp"
#include "platform/bus/in_process.hpp"
#include "platform/http/client.hpp"

namespace nova::compute {

// Neutron's ports API, as much of it as a compute host uses.
class FakeNeutron {
 public:
  platform::http::Response handle(platform::http::Request& request) {
    if (request.path == "/v3/auth/tokens") return signed_in();
    if (request.method == "POST") return create(base::parse_json(request.body).at("port"));
    if (request.method == "DELETE") return remove(request.path.substr(request.path.rfind('/') + 1));
    const std::string last = request.path.substr(request.path.rfind('/') + 1);
    if (const auto port = ports_.find(last); port != ports_.end())
      return json(200, base::JsonObject{{"port", port->second}});
    return list();
  }

  [[nodiscard]] std::vector<std::string> ports() const {
    std::vector<std::string> ids;
    for (const auto& [id, document] : ports_) ids.push_back("port " + id);
    return ids;
  }

 private:
  static platform::http::Response json(int status, const base::Json& value) {
    platform::http::Response response;
    response.status = status;
    response.body = base::to_text(value);
    return response;
  }

  static platform::http::Response signed_in() {
    platform::http::Response response =
        json(201, base::JsonObject{
                      {"token", base::JsonObject{{"expires_at", "2999-01-01T00:00:00.000000Z"}}}});
    response.headers.set("X-Subject-Token", "token");
    return response;
  }

  platform::http::Response create(const base::Json& wanted) {
    const std::string id = "00000000-0000-4000-8000-00000000000" + std::to_string(++created_);
    base::JsonObject port = wanted.as_object();
    port["id"] = id;
    port["mac_address"] = "fa:16:3e:00:00:01";
    port["status"] = "ACTIVE";
    port["binding:vif_type"] = "bridge";
    port["fixed_ips"] = base::JsonArray{};
    port["security_groups"] = base::JsonArray{};
    ports_[id] = port;
    return json(201, base::JsonObject{{"port", port}});
  }

  platform::http::Response remove(const std::string& id) {
    platform::http::Response response;
    response.status = ports_.erase(id) ? 204 : 404;
    return response;
  }

  platform::http::Response list() {
    base::JsonArray ports;
    for (const auto& [id, document] : ports_) ports.push_back(document);
    return json(200, base::JsonObject{{"ports", ports}});
  }

  std::map<std::string, base::Json> ports_;
  int created_ = 0;
};

// Glance's images API, as much of it as a compute host uses.
class FakeGlance {
 public:
  platform::http::Response handle(platform::http::Request& request) {
    const bool data = request.path.ends_with("/file");
    const std::string path = data ? request.path.substr(0, request.path.size() - 5) : request.path;
    const std::string id = path.substr(path.rfind('/') + 1);
    platform::http::Response response;
    response.status = images_.contains(id) ? 200 : 404;
    if (response.status == 404) return response;
    if (request.method == "DELETE") images_.erase(id);
    if (request.method == "PUT") images_[id] = "active";
    if (request.method == "GET")
      response.body = base::to_text(base::JsonObject{{"id", id}, {"status", images_[id]}});
    return response;
  }
  // Without bytes.
  void add(const std::string& id) { images_[id] = "queued"; }
  [[nodiscard]] std::vector<std::string> images() const {
    std::vector<std::string> all;
    for (const auto& [id, status] : images_) all.push_back(fmt::format("image {} {}", id, status));
    return all;
  }

 private:
  std::map<std::string, std::string> images_;  // id -> status
};

// A host of fakes that remember what was made.
struct TestHost {
  platform::Runtime runtime{platform::system_executor(), platform::system_clock(),
                            platform::system_random(), platform::null_tracer(), "host"};
  FakeNeutron neutron_service;
  FakeGlance glance_service;
  platform::http::LocalTransport transport;
  std::unique_ptr<platform::Bus> bus = platform::make_in_process_bus(runtime);
  openstack::clients::ServiceSession session{
      transport, {"http://keystone/v3", "nova", "x"}, runtime};
  openstack::clients::Neutron neutron{session, "http://neutron"};
  openstack::clients::PortBindings bindings{session, "http://neutron"};
  openstack::clients::Cinder cinder{session, transport, "http://cinder"};
  openstack::clients::Glance glance{session, "http://glance"};
  Conductor conductor{*bus, runtime};
  std::shared_ptr<drivers::FakeHost> guests = std::make_shared<drivers::FakeHost>();
  std::shared_ptr<FakeDiskTable> disk_table = std::make_shared<FakeDiskTable>();
  std::shared_ptr<FakeInterfaceTable> interface_table = std::make_shared<FakeInterfaceTable>();
  drivers::FakeHypervisor hypervisor{guests};
  std::unique_ptr<Disks> disks = make_fake_disks(disk_table);
  std::unique_ptr<Interfaces> interfaces = make_fake_interfaces(interface_table);
  PortWaits port_waits{runtime.executor};
  ServerSlots slots{runtime.executor};
  Host host{"host",
            runtime,
            conductor,
            neutron,
            bindings,
            cinder,
            glance,
            {"host", "192.0.2.9", "iqn.2010-10.org.openstack.nova:host"},
            hypervisor,
            *disks,
            *interfaces,
            port_waits,
            slots,
            std::chrono::seconds{5},
            std::chrono::seconds{1}};

  TestHost() {
    const auto handler = [this](platform::http::Request& request) {
      return neutron_service.handle(request);
    };
    transport.add("http://keystone", handler);
    transport.add("http://neutron", handler);
    transport.add("http://glance", [this](platform::http::Request& request) {
      return glance_service.handle(request);
    });
  }

  [[nodiscard]] std::vector<std::string> leftovers() const {
    std::vector<std::string> all = neutron_service.ports();
    for (const auto& [id, guest] : guests->guests) all.push_back("guest " + id);
    for (const std::string& id : disk_table->servers) all.push_back("disk " + id);
    for (const std::string& id : disk_table->copies) all.push_back("copy " + id);
    for (const std::string& image : glance_service.images()) all.push_back(image);
    for (const auto& [name, owner] : interface_table->owners) all.push_back("interface " + name);
    return all;
  }
};

}  // namespace nova::compute

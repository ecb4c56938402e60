#include "stand_ins.hpp"

#include "base/error.hpp"
#include "neutron/agents/plugin.hpp"

namespace simulation {
namespace {

using nova::compute::FakeInterfaceTable;
using platform::SimulatedProcess;

class FakeL2 final : public neutron::drivers::L2Provider {
 public:
  FakeL2(SimulatedProcess& process, std::shared_ptr<FakeInterfaceTable> interfaces)
      : process_(process), interfaces_(std::move(interfaces)) {}

  std::set<std::string> apply(const std::vector<neutron::HostNetwork>& networks) override {
    process_.point("l2.apply");
    const std::lock_guard lock(interfaces_->mutex);
    std::set<std::string> wired;
    for (const auto& network : networks)
      for (const auto& port : network.ports)
        if (interfaces_->owners.contains(neutron::tap_name(port.id))) wired.insert(port.id);
    return wired;
  }

  bool wait_for_change(base::Duration timeout) override {
    process_.runtime().executor.sleep_for(timeout * 4);
    const std::lock_guard lock(interfaces_->mutex);
    const bool changed = interfaces_->owners != seen_;
    seen_ = interfaces_->owners;
    return changed;
  }

 private:
  SimulatedProcess& process_;
  std::shared_ptr<FakeInterfaceTable> interfaces_;
  std::map<std::string, std::string> seen_;
};

class DhcpAgent final : public openstack::Role {
 public:
  DhcpAgent(const openstack::RoleEnvironment& environment, SimulatedProcess& process,
            std::shared_ptr<DhcpTable> table)
      : process_(process),
        table_(std::move(table)),
        plugin_(environment.bus, environment.runtime),
        loop_(environment,
              {"neutron-dhcp-agent", std::string(neutron::kDhcpAgentType),
               base::JsonObject{{"dhcp_driver", "remembered"}}},
              [this] { return look(); }) {}

 private:
  std::vector<std::string> look() {
    DhcpTable served;
    for (const auto& network : plugin_.call(neutron::GetDhcpNetworks{process_.host()}).networks)
      served[network.id] = network.port.id;
    process_.point("dhcp.apply");
    *table_ = std::move(served);
    return {};
  }

  SimulatedProcess& process_;
  std::shared_ptr<DhcpTable> table_;
  neutron::agents::Plugin plugin_;
  neutron::agents::AgentLoop loop_;
};

// The file store's steps on a directory that is remembered: a part by the image's name, which
// becomes the file.
class Writer final : public glance::drivers::ImageStore::Writer {
 public:
  Writer(SimulatedProcess& process, std::shared_ptr<ImageDirectory> directory, std::string scheme,
         std::string name)
      : process_(process),
        directory_(std::move(directory)),
        scheme_(std::move(scheme)),
        name_(std::move(name)) {
    auto& part = directory_->parts[name_];
    if (!part) part = std::make_shared<std::string>();
    part->clear();
    content_ = part;
  }
  ~Writer() override {
    if (!committed_ && !process_.killed()) directory_->parts.erase(name_);
  }

  void write(std::string_view bytes) override {
    process_.point("store.write");
    content_->resize(std::max(content_->size(), written_ + bytes.size()));
    content_->replace(written_, bytes.size(), bytes);
    written_ += bytes.size();
  }

  std::string commit() override {
    process_.point("store.commit");
    const auto part = directory_->parts.find(name_);
    if (part == directory_->parts.end())
      throw base::Error(base::ErrorKind::internal, "The image store failed.", "rename " + name_);
    directory_->files[name_] = *part->second;
    directory_->parts.erase(part);
    committed_ = true;
    process_.point("store.commit done");
    return scheme_ + name_;
  }

 private:
  SimulatedProcess& process_;
  std::shared_ptr<ImageDirectory> directory_;
  std::string scheme_;
  std::string name_;
  std::shared_ptr<std::string> content_;
  size_t written_ = 0;
  bool committed_ = false;
};

class Store final : public glance::drivers::ImageStore {
 public:
  Store(SimulatedProcess& process, std::shared_ptr<ImageDirectory> directory, std::string scheme)
      : process_(process), directory_(std::move(directory)), scheme_(std::move(scheme)) {}

  std::unique_ptr<ImageStore::Writer> start(const std::string& name) override {
    process_.point("store.start");
    return std::make_unique<simulation::Writer>(process_, directory_, scheme_, name);
  }
  std::shared_ptr<platform::http::BodySource> open(const std::string& location, uint64_t,
                                                   std::optional<uint64_t>) override {
    process_.point("store.open");
    const auto file = directory_->files.find(name_of(location));
    if (file == directory_->files.end())
      throw base::Error(base::ErrorKind::not_found, "The image's data is gone.", location);
    auto source = std::make_shared<platform::http::BodySource>();
    source->reader = platform::http::make_text_reader(file->second);
    return source;
  }
  bool holds(const std::string& location) const override { return location.starts_with(scheme_); }
  void remove(const std::string& location) override {
    process_.point("store.remove");
    const std::string name = name_of(location);
    if (name.ends_with(".part"))
      directory_->parts.erase(name.substr(0, name.size() - 5));
    else
      directory_->files.erase(name);
  }
  std::vector<Stored> list() override {
    process_.point("store.list");
    std::vector<Stored> all;
    for (const auto& [name, content] : directory_->files) all.push_back({scheme_ + name, name});
    for (const auto& [name, part] : directory_->parts)
      all.push_back({scheme_ + name + ".part", name});
    return all;
  }

 private:
  static std::string name_of(const std::string& location) {
    return location.substr(location.rfind('/') + 1);
  }
  SimulatedProcess& process_;
  std::shared_ptr<ImageDirectory> directory_;
  std::string scheme_;
};

}  // namespace

std::unique_ptr<neutron::drivers::L2Provider> make_l2(SimulatedProcess& process,
                                                      const Machine& machine) {
  return std::make_unique<FakeL2>(process, machine.interfaces);
}

std::unique_ptr<openstack::Role> make_dhcp_agent(const openstack::RoleEnvironment& environment,
                                                 SimulatedProcess& process,
                                                 std::shared_ptr<DhcpTable> table) {
  return std::make_unique<DhcpAgent>(environment, process, std::move(table));
}

std::unique_ptr<glance::drivers::ImageStore> make_store(SimulatedProcess& process,
                                                        std::shared_ptr<ImageDirectory> directory,
                                                        std::string scheme) {
  return std::make_unique<Store>(process, std::move(directory), std::move(scheme));
}

}  // namespace simulation

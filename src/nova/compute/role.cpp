#include <array>
#include <filesystem>
#include <fstream>

#include "base/text.hpp"
#include "nova/compute/console_text.hpp"
#include "nova/compute/fake_disks.hpp"
#include "nova/compute/host.hpp"
#include "nova/compute/sagas.hpp"
#include "nova/compute/service.hpp"
#include "nova/drivers/hypervisor/fake/fake.hpp"
#include "nova/drivers/hypervisor/qemu/qemu.hpp"
#include "platform/current_request.hpp"
#include "platform/log.hpp"
#include "platform/owner_mark.hpp"
#include "platform/process.hpp"

namespace nova::compute {
namespace {

using platform::Option;
using platform::OptionType;

constexpr std::array kOptions{
    Option{"DEFAULT", "compute_driver", OptionType::text, "qemu",
           "What runs guests: qemu, or fake for tests and measurements."},
    Option{"fake", "disk_copy_time", OptionType::integer, "0",
           "Milliseconds that a copy of a disk takes, with the fake driver.", false, 0},
    Option{"DEFAULT", "instances_path", OptionType::text, "/var/lib/nephele/instances",
           "Directory of guests' disks and of cached images."},
    Option{"DEFAULT", "default_ephemeral_format", OptionType::text, "",
           "File system of ephemeral disks for which none is asked: ext2, ext3, ext4, ntfs, vfat, "
           "xfs; empty: ext4 for images with os_type linux, ntfs for windows, else vfat."},
    Option{"DEFAULT", "vif_plugging_timeout", OptionType::integer, "60",
           "Seconds to wait for the ports of a guest to be wired; 0: do not wait.", false, 0},
    Option{"DEFAULT", "shutdown_timeout", OptionType::integer, "60",
           "Seconds a guest has to shut down before its plug is pulled.", false, 0},
    Option{"DEFAULT", "sync_power_state_interval", OptionType::integer, "60",
           "Seconds between two comparisons of what should be on the host with what is.", false, 1},
    Option{"DEFAULT", "my_ip", OptionType::text, "127.0.0.1",
           "This host's address, for operators."},
    Option{"DEFAULT", "initiator_prefix", OptionType::text, "iqn.2010-10.org.openstack.nova:",
           "What this host's name as an iSCSI initiator begins with; its own name follows."},
    Option{"libvirt", "virt_type", OptionType::text, "auto",
           "qemu (TCG), kvm, or auto: kvm if a probe guest really ran with it."},
    Option{
        "libvirt", "images_rbd_ceph_conf", OptionType::text, "",
        "Path of Ceph's configuration, for volumes in Ceph; it names the keyring unless there is a "
        "secret. Empty: /etc/ceph/ceph.conf, if it is there."},
    Option{"libvirt", "secrets_path", OptionType::text, "/etc/libvirt/secrets",
           "Directory of the keys that Cinder names by rbd_secret_uuid, each in base64 in "
           "UUID.base64, where libvirt keeps them."},
    Option{"libvirt", "emulator", OptionType::text, "qemu-system-x86_64", "QEMU's program."},
};

// Operations mostly wait: for the image, the ports, the guest.
constexpr size_t kOperationsAtOnce = 32;

bool fake(const platform::Config& config) {
  return config.text("DEFAULT", "compute_driver") == "fake";
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

// The probe takes seconds where KVM hangs; its answer holds until the host boots again.
std::string probed_virt_type(const drivers::QemuOptions& options, platform::Runtime runtime) {
  const std::string path = options.directory + "/virt_type";
  std::string known_boot;
  std::string known_type;
  if (std::ifstream(path) >> known_boot >> known_type && known_boot == boot_id()) return known_type;
  try {
    const drivers::KvmProbe probe = drivers::probe_kvm(options.program, runtime);
    platform::log_info("kvm probed result={}", probe.finding.text);
    std::error_code ignored;  // then the next start probes again
    std::filesystem::create_directories(options.directory, ignored);
    std::ofstream(path) << boot_id() << ' ' << probe.virt_type << '\n';
    return probe.virt_type;
  } catch (const base::Error& error) {
    platform::log_warning("kvm not probed error={}", error.what());
    return "qemu";
  }
}

// Its copies of disks take as long as they are told to: clients may want to see one under way.
std::unique_ptr<drivers::Hypervisor> make_fake_hypervisor(const platform::Config& config,
                                                          const platform::Runtime& runtime) {
  const std::chrono::milliseconds copy_time{config.integer("fake", "disk_copy_time")};
  return std::make_unique<drivers::FakeHypervisor>(
      std::make_shared<drivers::FakeHost>(),
      [copy_time, &executor = runtime.executor](std::string_view point) {
        if (point == "hypervisor.copy_disk") executor.sleep_for(copy_time);
      });
}

std::unique_ptr<drivers::Hypervisor> make_hypervisor(const platform::Config& config,
                                                     platform::Runtime runtime) {
  const std::string driver = config.text("DEFAULT", "compute_driver");
  if (driver == "fake") return make_fake_hypervisor(config, runtime);
  if (driver != "qemu")
    throw base::Error(base::ErrorKind::bad_request,
                      "compute_driver must be qemu or fake, not '" + driver + "'");
  drivers::QemuOptions options;
  options.directory = config.text("DEFAULT", "instances_path");
  options.program = config.text("libvirt", "emulator");
  options.virt_type = config.text("libvirt", "virt_type");
  if (options.virt_type == "auto") options.virt_type = probed_virt_type(options, runtime);
  if (options.virt_type != "kvm")
    platform::log_warning("guests run with TCG, software emulation: many times slower than KVM");
  return drivers::make_qemu_hypervisor(options, runtime);
}

openstack::clients::ServiceCredentials credentials(const platform::Config& config) {
  openstack::clients::ServiceCredentials credentials;
  credentials.auth_url = config.text("service_user", "auth_url");
  credentials.username = config.text("service_user", "username");
  credentials.password = config.text("service_user", "password");
  return credentials;
}

// What this host talks to.
struct Services {
  openstack::clients::ServiceSession session;
  openstack::clients::Neutron neutron;
  openstack::clients::PortBindings bindings;
  openstack::clients::Glance glance;
  openstack::clients::Cinder cinder;
  explicit Services(const openstack::RoleEnvironment& environment)
      : session(environment.transport, credentials(environment.config), environment.runtime),
        neutron(session, environment.config.text("neutron", "endpoint_override")),
        bindings(session, environment.config.text("neutron", "endpoint_override")),
        glance(session, environment.config.text("glance", "endpoint_override")),
        cinder(session, environment.transport,
               environment.config.text("cinder", "endpoint_override")) {}
};

HostParts configured_parts(const openstack::RoleEnvironment& environment, Services& services) {
  const platform::Config& config = environment.config;
  HostParts parts;
  parts.hypervisor = make_hypervisor(config, environment.runtime);
  if (fake(config)) {
    parts.disks = make_fake_disks(std::make_shared<FakeDiskTable>());
    parts.interfaces = make_fake_interfaces(std::make_shared<FakeInterfaceTable>());
    // Nothing wires the interfaces of guests that are not there.
    parts.vif_plugging_timeout = base::Duration{0};
    return parts;
  }
  const std::string instances = config.text("DEFAULT", "instances_path");
  remove_unfinished_images(instances);
  parts.disks = make_file_disks(instances, services.glance, environment.runtime,
                                config.text("DEFAULT", "default_ephemeral_format"));
  parts.interfaces = make_tap_interfaces(platform::owner_of_directory(instances));
  parts.vif_plugging_timeout =
      std::chrono::seconds{config.integer("DEFAULT", "vif_plugging_timeout")};
  return parts;
}

class ComputeRole final : public openstack::Role {
 public:
  ComputeRole(openstack::RoleEnvironment environment, std::unique_ptr<Services> services,
              HostParts parts)
      : runtime_(environment.runtime),
        config_(environment.config),
        services_(std::move(services)),
        parts_(std::move(parts)),
        conductor_(environment.bus, runtime_),
        port_waits_(runtime_.executor),
        slots_(runtime_.executor),
        host_{runtime_.host,
              runtime_,
              conductor_,
              services_->neutron,
              services_->bindings,
              services_->cinder,
              services_->glance,
              {runtime_.host, config_.text("DEFAULT", "my_ip"),
               config_.text("DEFAULT", "initiator_prefix") + runtime_.host},
              *parts_.hypervisor,
              *parts_.disks,
              *parts_.interfaces,
              port_waits_,
              slots_,
              parts_.vif_plugging_timeout,
              std::chrono::seconds{config_.integer("DEFAULT", "shutdown_timeout")},
              config_.text("libvirt", "images_rbd_ceph_conf"),
              config_.text("libvirt", "secrets_path")},
        reconciler_(host_) {
    openstack::register_sagas(all_sagas());
    events_ = environment.bus.subscribe(compute_events_topic(runtime_.host), event_dispatcher(),
                                        {"nova-compute", 2});
    operations_ = environment.bus.subscribe(compute_topic(runtime_.host), operation_dispatcher(),
                                            {"nova-compute", kOperationsAtOnce});
    heartbeat_.emplace(runtime_.executor, "nova-compute heartbeat",
                       std::chrono::seconds{config_.integer("DEFAULT", "report_interval")},
                       [this] { as_compute([this] { report_host(); }); });
    reconciling_.emplace(
        runtime_.executor, "nova-compute reconciler",
        std::chrono::seconds{config_.integer("DEFAULT", "sync_power_state_interval")},
        [this] { as_compute([this] { reconcile(); }); });
  }
  ~ComputeRole() override { conductor_.give_up(); }

 private:
  template <class F>
  void as_compute(F work) {
    const platform::RequestScope scope(
        {"req-" + runtime_.random.uuid(), "", "", "nova-compute", runtime_.host});
    work();
  }

  platform::Dispatcher operation_dispatcher() {
    using platform::Message;
    platform::Dispatcher dispatcher;
    dispatcher
        .on<BuildServer>([this](const Message& message, const BuildServer& m) {
          build_server(host_, m, message.request_id);
        })
        .on<TerminateServer>([this](const Message& message, const TerminateServer& m) {
          terminate_server(host_, m, message.request_id);
        })
        .on<RebuildServer>([this](const Message& message, const RebuildServer& m) {
          rebuild_server(host_, m, message.request_id);
        })
        .on<ChangePower>([this](const Message& message, const ChangePower& m) {
          change_power(host_, m, message.request_id);
        })
        .on<MakeServerImage>([this](const Message& message, const MakeServerImage& m) {
          make_server_image(host_, m, message.request_id);
        })
        .on<WorkOnVolume>([this](const Message& message, const WorkOnVolume& m) {
          work_on_volume(host_, m, message.request_id);
        })
        .on<VolumeExtended>([this](const Message& message, const VolumeExtended& m) {
          extend_volume(host_, m, message.request_id);
        });
    return dispatcher;
  }

  platform::Dispatcher event_dispatcher() {
    using platform::Message;
    platform::Dispatcher dispatcher;
    dispatcher
        .on<PortEvent>(
            [this](const Message&, const PortEvent& m) { port_waits_.wake(m.server_id); })
        .on<GetConsoleOutput>([this](const Message&, const GetConsoleOutput& m) {
          return ConsoleOutput{console_text(parts_.hypervisor->console_output(m.server_id))};
        })
        .on<GetHostUptime>([](const Message&, const GetHostUptime&) {
          return HostUptime{std::string(base::trim(platform::run_checked({"uptime"})))};
        });
    return dispatcher;
  }

  void report_host() {
    const drivers::HostResources resources = parts_.hypervisor->resources();
    ReportHost report;
    report.host = runtime_.host;
    report.hypervisor_type = resources.hypervisor_type;
    report.hypervisor_version = resources.hypervisor_version;
    report.hypervisor_hostname = runtime_.host;
    report.host_ip = config_.text("DEFAULT", "my_ip");
    report.cpu_info = resources.cpu_info;
    report.vcpus = resources.vcpus;
    report.memory_mib = resources.memory_mib;
    report.disk_gib = parts_.disks->total_gib();
    report.free_disk_gib = parts_.disks->free_gib();
    report.running_guests = static_cast<int64_t>(parts_.hypervisor->list_guests().size());
    report.virt_type = resources.virt_type;
    report.problem = resources.problem;
    if (resources.problem != problem_ && !resources.problem.empty())
      platform::log_error("no guest can be started on this host: {}", resources.problem);
    problem_ = resources.problem;
    static_cast<void>(conductor_.call(report));
  }

  void reconcile() {
    if (!resumed_) reconciler_.resume_operations();
    resumed_ = true;
    reconciler_.run();
  }

  platform::Runtime runtime_;
  const platform::Config& config_;
  std::unique_ptr<Services> services_;
  HostParts parts_;
  Conductor conductor_;
  PortWaits port_waits_;
  ServerSlots slots_;
  Host host_;
  Reconciler reconciler_;
  std::string problem_;   // as last reported; only the heartbeat looks at it
  bool resumed_ = false;  // only the reconciling task looks at it
  std::unique_ptr<platform::Subscription> events_;
  std::unique_ptr<platform::Subscription> operations_;
  std::optional<platform::Periodic> heartbeat_;
  std::optional<platform::Periodic> reconciling_;
};

}  // namespace

std::span<const Option> options() { return kOptions; }

std::unique_ptr<openstack::Role> make_nova_compute(openstack::RoleEnvironment environment) {
  auto services = std::make_unique<Services>(environment);
  HostParts parts = configured_parts(environment, *services);
  return std::make_unique<ComputeRole>(environment, std::move(services), std::move(parts));
}

std::unique_ptr<openstack::Role> make_nova_compute(openstack::RoleEnvironment environment,
                                                   HostParts parts) {
  return std::make_unique<ComputeRole>(environment, std::make_unique<Services>(environment),
                                       std::move(parts));
}

}  // namespace nova::compute

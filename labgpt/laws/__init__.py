"""Laws: forms, robust fits, honest ranges, sealed forecasts. numpy is enough; scipy only for estimator="varpro"."""
from labgpt.laws import forecast
from labgpt.laws.approaches import approaches
from labgpt.laws.chinchilla import Chinchilla, Optimum
from labgpt.laws.isoflop import IsoFlop, isoflop
from labgpt.laws.kaplan import Kaplan
from labgpt.laws.power import CriticalBatch, PowerLaw
from labgpt.laws.repeat import Repeated

__all__ = ["Chinchilla", "CriticalBatch", "IsoFlop", "Kaplan", "Optimum", "PowerLaw", "Repeated", "approaches", "forecast",
           "isoflop"]
